import { describe, expect, test } from "bun:test";
import { documentOfDraft } from "./check_draft.ts";
import { startOfCopy, startOfEdit, startOfNew } from "./check_start.ts";
import type { JsonObject } from "./types.ts";

const start = (query: string) => startOfNew(new URLSearchParams(query), "UTC").draft;

const shop: JsonObject = {
  id: "chk_1", version: 3, name: "Shop", type: "http", enabled: true, createdAt: "…", updatedAt: "…", guarantee: { detectMs: 1 }, severity: null,
  target: { url: "https://shop.example", auth: { type: "basic", username: "ann", password: "***" }, headers: { "X-A": "1" }, extra: { kept: true } },
  assertions: [{ source: "status", op: "eq", value: 200, severity: "down" }], tags: { env: "prod" }, channels: ["chn_1"], dependsOn: [], schedule: { cron: "*/5 * * * *", timezone: "Europe/Berlin", state: "active" },
};

describe("what the editor begins with", () => {
  test.each([
    ["", "http", undefined],
    ["type=dns", "dns", undefined],
    ["type=nope", "http", undefined],
    ["url=https://a.example/x", "http", "https://a.example/x"],
    ["url=wss://a.example/", "websocket", "wss://a.example/"],
    ["type=http&url=a.example:5432", "http", ""],
    ["url=nothing at all", "http", ""],
  ])("%p is a check of the kind %s", (query, type, url) => {
    const { type: found, values } = start(query);
    expect(found).toBe(type);
    if (url !== undefined) expect(values[type]!["/target/url"]).toBe(url);
  });

  test("a copy has all but its identity, its name and its secrets, also what no field shows", () => {
    const { draft, base, lostSecrets, read } = startOfCopy(shop, "UTC");
    const { document, errors } = documentOfDraft(draft, base);
    expect([lostSecrets, read, errors]).toEqual([1, undefined, [{ pointer: "/target/auth/password", message: expect.any(String) }].slice(1)]);
    expect(document).toMatchObject({ name: "Shop (copy)", tags: { env: "prod" }, channels: ["chn_1"], schedule: { cron: "*/5 * * * *", timezone: "Europe/Berlin" } });
    expect(document["target"]).toEqual({ url: "https://shop.example", auth: { type: "basic", username: "ann" }, headers: { "X-A": "1" }, extra: { kept: true } });
    for (const name of ["id", "version", "createdAt", "guarantee", "severity"]) expect(document).not.toHaveProperty(name);
  });

  test("an edited check is itself", () => {
    expect(startOfEdit(shop, "UTC")).toMatchObject({ read: shop, base: shop, lostSecrets: 0 });
  });
});
