import { statusPagesConformance } from "#ports/status_pages.conformance";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteStatusPageStore } from "./status_pages.ts";
import { createSqliteStatusSubscriberStore } from "./status_subscribers.ts";

statusPagesConformance(async () => {
  const temp = await openTempStore();
  return { pages: createSqliteStatusPageStore(temp.store), subscribers: createSqliteStatusSubscriberStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
});
