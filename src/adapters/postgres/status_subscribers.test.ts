import { statusSubscribersConformance } from "#ports/status_subscribers.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresStatusPageStore } from "./status_pages.ts";
import { createPostgresStatusSubscriberStore } from "./status_subscribers.ts";

describeWith("postgres", "postgres status subscribers", () => {
  statusSubscribersConformance(async () => {
    const temp = await openTempPostgres();
    return { pages: createPostgresStatusPageStore(temp.store), subscribers: createPostgresStatusSubscriberStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });
});
