import { channelStoreConformance } from "../../ports/channels.conformance.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteChannelStore } from "./channels.ts";

channelStoreConformance(async () => {
  const temp = await openTempStore();
  return { channels: createSqliteChannelStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
});
