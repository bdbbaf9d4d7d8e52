/** The thread that reads and compares schemas. The entry of a worker: what it does stands in graphql_schema.ts. */
import { compareSchemas, readSchema } from "./graphql_schema.ts";
import type { SchemaJob } from "./schema_thread.ts";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<SchemaJob>) => {
  try {
    self.postMessage({ result: data.do === "read" ? readSchema(data.answer) : compareSchemas(data.before, data.after) });
  } catch (error) {
    self.postMessage({ problem: (error as Error).message });
  }
};
