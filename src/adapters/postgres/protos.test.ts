import { protoStoreConformance } from "#ports/protos.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresProtoStore } from "./protos.ts";

describeWith("postgres", "postgres proto sets", () => {
  protoStoreConformance(async () => {
    const temp = await openTempPostgres();
    return { protos: createPostgresProtoStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });
});
