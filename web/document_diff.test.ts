import { expect, test } from "bun:test";
import { actionName, changesIn } from "./document_diff.ts";
import type { AuditEntry, Json } from "./types.ts";

const entry = (detail: Json): AuditEntry => ({ id: "aud_1", at: "", actor: "usr_1", actorType: "user", requestId: "req_1", ip: "", action: "check.update", subject: "chk_1", outcome: "ok", detail });

test("places are named as in the form, and values stand beside each other", () => {
  const { changes, more } = changesIn(
    entry({
      more: 2,
      changes: [
        { at: "/schedule/every", before: "60s", after: "30s" },
        { at: "/tags/env", after: "prod" },
        { at: "/assertions/1/value", before: "200", after: "2xx" },
        { at: "/target/headers/X~1A", secret: true },
        { at: "/dependsOn", before: ["chk_2", "chk_3"], after: [] },
        { at: "/target/tls", after: { minVersion: "1.3" } },
      ],
    }),
  );
  expect(changes.map(({ name, before, after }) => [name, before, after])).toEqual([
    ["Every", "60s", "30s"],
    ["Tag env", undefined, "prod"],
    ["Assertion 2, value", "200", "2xx"],
    ["headers.X/A", undefined, undefined],
    ["Depends on", "chk_2, chk_3", "an empty list"],
    ["tls", undefined, '{"minVersion":"1.3"}'],
  ]);
  expect([changes[3]!.isSecret, more]).toEqual([true, 2]);
});

test.each([{}, null, { text: "cut" }, { changes: "x" }] as Json[])("an entry that says nothing of changes has none: %p", (detail) => {
  expect(changesIn(entry(detail))).toEqual({ changes: [], more: 0 });
});

test("an action without a name of its own is shown as it is", () => {
  expect([actionName("check.pause"), actionName("check.teleport")]).toEqual(["Paused", "check.teleport"]);
});
