import { describe, expect, test } from "bun:test";
import { documentOfDraft, draftOfCheck, newCheck, shownValue, typedValue, withType, type CheckDraft } from "./check_draft.ts";
import { mergePatch } from "./pointer.ts";
import type { JsonObject } from "./types.ts";

const shop: JsonObject = {
  id: "chk_1",
  version: 3,
  name: "Shop",
  type: "http",
  enabled: true,
  target: { url: "https://shop.example", method: "POST", body: { a: 1 }, tls: { minVersion: "1.2" }, auth: { type: "bearer", token: "***" } },
  assertions: [
    { source: "status", op: "in", value: "200-299", severity: "down" },
    { source: "json", path: "$.count", op: "eq", value: "12", severity: "down" },
    { source: "header", path: "x-a", op: "exists", value: false, severity: "degraded" },
  ],
  timeoutMs: 10_000,
  retries: 1,
  tags: { env: "prod" },
  channels: [],
  dependsOn: [],
  severity: null,
  schedule: { every: "30s" },
};

function typed(draft: CheckDraft, values: Record<string, string | boolean>): CheckDraft {
  return { ...draft, values: { ...draft.values, [draft.type]: { ...draft.values[draft.type]!, ...values } } };
}

describe("a check as a draft", () => {
  test("a check that nobody touched comes back as it was read", () => {
    const { document, errors } = documentOfDraft(draftOfCheck(shop, "UTC"), shop);
    expect(errors).toEqual([]);
    expect(mergePatch(shop, document)).toEqual({});
  });

  test("a choice that was never made shows what the server takes, and stays unsaid", () => {
    const { method: _method, body: _body, ...target } = shop["target"] as JsonObject;
    const bare = { ...shop, target };
    const draft = draftOfCheck(bare, "UTC");
    expect(draft.values["http"]!["/target/method"]).toBe("GET");
    expect(mergePatch(bare, documentOfDraft(draft, bare).document)).toEqual({});
  });

  test("what was typed is in the document, as number, pairs and text", () => {
    const draft = typed(newCheck("http", "UTC"), { "/name": " Shop ", "/target/url": "https://a.example", "/retries": "3", "/target/followRedirects": false });
    const { document, errors } = documentOfDraft(draft, {});
    expect(errors).toEqual([]);
    expect(document).toMatchObject({ name: "Shop", retries: 3, target: { url: "https://a.example", followRedirects: false }, schedule: { every: "60s" } });
    expect(document["target"]).not.toHaveProperty("headers");
  });

  test("locations are typed in one line, and none typed is home", () => {
    const draft = typed(newCheck("http", "UTC"), { "/name": "Shop", "/target/url": "https://a.example", "/locations": "default, eu-1 us-1", "/quorum": "any" });
    expect(documentOfDraft(draft, {}).document).toMatchObject({ locations: ["default", "eu-1", "us-1"], quorum: "any" });
    const stored: JsonObject = { ...shop, locations: ["default", "eu-1"], quorum: 2 };
    const read = draftOfCheck(stored, "UTC");
    expect([read.values["http"]!["/locations"], mergePatch(stored, documentOfDraft(read, stored).document)]).toEqual(["default, eu-1", {}]);
    expect(mergePatch(stored, documentOfDraft(typed(read, { "/locations": "" }), stored).document)).toEqual({ locations: null });
  });

  test("what cannot be sent is refused at its field", () => {
    const draft = typed(newCheck("http", "UTC"), { "/retries": "many" });
    const { errors } = documentOfDraft({ ...draft, schedule: { kind: "every", every: "soon", cron: "", timezone: "" } }, {});
    expect(errors.map((error) => error.pointer)).toEqual(["/name", "/target/url", "/retries", "/schedule/every"]);
  });

  test("a body goes with a method that has none", () => {
    const { document } = documentOfDraft(typed(draftOfCheck(shop, "UTC"), { "/target/method": "GET" }), shop);
    expect(document["target"]).not.toHaveProperty("body");
  });

  test("TLS stays on when its last detail is taken away, and goes when it is switched off", () => {
    const database: JsonObject = { name: "db", type: "tcp", target: { host: "db", port: 5432, tls: { skipVerify: true, caPem: "x" } }, assertions: [], channels: [], dependsOn: [] };
    const tlsOf = (base: JsonObject, values: Record<string, string | boolean>) => (documentOfDraft(typed(draftOfCheck(base, "UTC"), values), base).document["target"] as JsonObject)["tls"];
    expect(tlsOf(database, { "/target/tls/caPem": "" })).toEqual({ skipVerify: true });
    expect(tlsOf({ ...database, target: { host: "db", port: 5432, tls: { caPem: "x" } } }, { "/target/tls/caPem": "" })).toBe(true);
    expect(tlsOf({ ...database, target: { host: "db", port: 5432, tls: true } }, { "/target/tls/skipVerify": true })).toEqual({ skipVerify: true });
    expect(tlsOf(database, { "/target/tls": false })).toBe(false);
  });

  test("several values of one name are several rows, and come back as they were", () => {
    const api: JsonObject = { name: "api", type: "grpc", target: { address: "api:443", mode: "call", reflection: "v1", metadata: { a: ["1", "2"], b: "3" } }, assertions: [], channels: [], dependsOn: [] };
    const draft = draftOfCheck(api, "UTC");
    expect(draft.values["grpc"]!["/target/metadata"]).toEqual([["a", "1"], ["a", "2"], ["b", "3"]]);
    expect(documentOfDraft(draft, api).document["target"]).toEqual(api["target"]!);
  });

  test("looking at another type loses nothing", () => {
    const draft = typed(newCheck("http", "UTC"), { "/name": "Shop", "/target/url": "https://a.example" });
    const there = withType(draft, "tcp");
    expect(there.values["tcp"]!["/name"]).toBe("Shop");
    expect(withType(there, "http").values["http"]!["/target/url"]).toBe("https://a.example");
    expect(documentOfDraft(typed(there, { "/target/host": "db", "/target/port": "5432" }), {}).document["target"]).toEqual({ host: "db", port: 5432 });
  });

  test("a heartbeat has its expectation for a schedule, and keeps the one that it was given", () => {
    const draft = typed(newCheck("heartbeat", "UTC"), { "/name": "Backup", "/target/period": "1d", "/target/cron": "left over" });
    const { document } = documentOfDraft(draft, {});
    expect(document).toMatchObject({ type: "heartbeat", target: { period: "1d" } });
    for (const name of ["schedule", "failureThreshold", "recoveryThreshold", "retries", "expected"]) expect(document).not.toHaveProperty(name);
    const stored: JsonObject = { ...document, target: { cron: "0 3 * * *", timezone: "UTC" }, schedule: { every: "15s" }, tags: {} };
    expect(mergePatch(stored, documentOfDraft(draftOfCheck(stored, "UTC"), stored).document)).toEqual({});
    const daily = documentOfDraft(typed(draftOfCheck(stored, "UTC"), { "expected": "period", "/target/period": "1d" }), stored).document;
    expect(mergePatch(stored, daily)).toEqual({ target: { cron: null, timezone: null, period: "1d" } });
  });

  test("a gRPC call says in one way what its messages are", () => {
    const call = typed(newCheck("grpc", "UTC"), { "/name": "Orders", "/target/address": "o:443", "/target/mode": "call", "/target/service": "s.S", "/target/method": "M", "/target/descriptorSet": "CgE=", "/target/reflection": "true" });
    const targetOf = (described: string) => documentOfDraft(typed(call, { described }), {}).document["target"];
    expect(targetOf("file")).toMatchObject({ descriptorSet: "CgE=", reflection: true });
    expect(targetOf("server")).toEqual({ address: "o:443", mode: "call", service: "s.S", method: "M", reflection: true });
    const stored: JsonObject = { name: "Orders", type: "grpc", enabled: true, target: { address: "o:443", mode: "call", service: "s.S", method: "M", reflection: "v1" }, assertions: [], channels: [], dependsOn: [], schedule: { every: "60s" } };
    expect(draftOfCheck(stored, "UTC").values["grpc"]!["described"]).toBe("server");
    expect(mergePatch(stored, documentOfDraft(draftOfCheck(stored, "UTC"), stored).document)).toEqual({});
  });

  test("a set is one text, or several with commas", () => {
    expect(typedValue("10 mail.example.", "set")).toBe("10 mail.example.");
    expect(typedValue("192.0.2.1, 192.0.2.2", "set")).toEqual(["192.0.2.1", "192.0.2.2"]);
    for (const value of ["a", "12", "v=spf1, all", ["a"], ["a", "b"], ["a,b", "c"], []]) expect(typedValue(shownValue(value, "set"), "set")).toEqual(value);
  });

  test("a value keeps its type through the form", () => {
    for (const value of [800, true, null, "200-299", "12", "true", [1, 2]]) expect(typedValue(shownValue(value, "any"), "any")).toEqual(value);
    for (const value of ["12", "true", "plain"]) expect(typedValue(shownValue(value, "text"), "text")).toBe(value);
    for (const value of [["a", "b"], ["a,b", "c"], ["1"]]) expect(typedValue(shownValue(value, "texts"), "texts")).toEqual(value);
    for (const value of [[1, "a"], ["1", true]]) expect(typedValue(shownValue(value, "list"), "list")).toEqual(value);
    expect(shownValue(["a", "b"], "texts")).toBe("a, b");
  });
});
