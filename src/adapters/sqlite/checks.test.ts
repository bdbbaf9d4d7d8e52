import { describe } from "bun:test";
import { checksConformance } from "#ports/checks.conformance";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteCheckStore } from "./checks.ts";

describe("sqlite checks", () => {
  checksConformance(async () => {
    const temp = await openTempStore();
    return { store: createSqliteCheckStore(temp.store), [Symbol.asyncDispose]: async () => temp[Symbol.asyncDispose]() };
  });
});
