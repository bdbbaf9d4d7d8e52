import { channelStoreConformance } from "#ports/channels.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresChannelStore } from "./channels.ts";

describeWith("postgres", "postgres channels", () => {
  channelStoreConformance(async () => {
    const temp = await openTempPostgres();
    return { channels: createPostgresChannelStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });
});
