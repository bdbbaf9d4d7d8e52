import { identityStoreConformance } from "#ports/identity.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresIdentityStore } from "./identity.ts";

describeWith("postgres", "postgres identities", () => {
  identityStoreConformance(async () => {
    const temp = await openTempPostgres();
    return { identity: createPostgresIdentityStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });
});
