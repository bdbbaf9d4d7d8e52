import { expect, test } from "bun:test";
import { scopes } from "../../src/roles/gateway/scopes.ts";
import { scopeNames, scopesOf } from "./scopes.ts";

test("every scope that the server knows can be chosen, and no other", () => {
  const offered = scopeNames.flatMap(([noun]) => [`${noun}:read`, `${noun}:write`]);
  expect(offered.toSorted()).toEqual([...scopes].sort());
});

test("what is left alone is not among the scopes of the key", () => {
  expect(scopesOf({ checks: "write", incidents: "read", audit: "" })).toEqual(["checks:write", "incidents:read"]);
});
