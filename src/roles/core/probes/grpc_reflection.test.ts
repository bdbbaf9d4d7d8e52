import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { ServerCredentials, status } from "@grpc/grpc-js";
import { systemClock } from "#kernel/clock";
import { testCertificates } from "../../../testing/certificates.ts";
import { descriptorSetOf, errorResponse, fileResponse, startReflectingServer, type ReflectingServer } from "../../../testing/reflecting_server.ts";
import { checkOf, openEnvironment, openSockets, tryCheck } from "../../../testing/run_check.ts";
import { prepareCheck, runCheck, type Run } from "../run.ts";

const money = `syntax = "proto3";
package shop.v1;
import "google/protobuf/timestamp.proto";
message Money { string currency = 1; int64 units = 2; google.protobuf.Timestamp at = 3; }
`;
const shop = `syntax = "proto3";
package shop.v1;
import "money.proto";
service Shop {
  rpc GetOrder(GetOrderRequest) returns (Order);
  rpc WatchOrders(GetOrderRequest) returns (stream Order);
  rpc Upload(stream GetOrderRequest) returns (Order);
}
message GetOrderRequest { string id = 1; Kind kind = 2; }
message Order { string id = 1; int32 total = 2; Money price = 3; repeated Order parts = 4; map<string, int32> stock = 5; }
enum Kind { KIND_ANY = 0; KIND_OPEN = 1; KIND_PAID = 2; }
`;
const protos = { "shop.proto": shop, "money.proto": money };
const changed = (from: string | RegExp, to: string) => ({ ...protos, "shop.proto": shop.replace(from, to) });

let server: ReflectingServer;
beforeAll(async () => {
  server = await startReflectingServer(protos);
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  server.describe(protos);
  server.asked = [];
  server.calls = [];
  server.versions = ["v1", "v1alpha"];
  server.answers = { GetOrder: { id: "o1", total: 5, price: { currency: "EUR", units: "9007199254740993" } }, WatchOrders: { id: "o2" } };
  server.instead = () => undefined;
});

const target = (more: object = {}) => ({ address: server.address, mode: "call", service: "shop.v1.Shop", method: "GetOrder", request: { id: "o1" }, reflection: true, ...more });
const call = (more: object = {}, rest: object = {}) => tryCheck({ type: "grpc", target: target(more), timeoutMs: 10_000, ...rest });
const problemOf = (run: Run) => run.error && `${run.status} ${run.error.kind}: ${run.error.message}`;

describe("a server that describes itself", () => {
  test("is asked for the service and every import that is missing, then called", async () => {
    const assertions = [{ source: "json", path: "$.price.units", op: "eq", value: "9007199254740993" }, { source: "json", path: "$.total", op: "eq", value: 5 }];
    expect((await call({}, { assertions })).error).toBeUndefined();
    expect(server.asked).toEqual(["v1 symbol shop.v1.Shop", "v1 file money.proto"]);
  });
  test("may offer v1alpha only; a pinned version is the only one tried", async () => {
    server.versions = ["v1alpha"];
    expect((await call()).error).toBeUndefined();
    expect(server.asked[0]).toBe("v1alpha symbol shop.v1.Shop");
    expect((await call({ reflection: "v1alpha" })).error).toBeUndefined();
    expect(problemOf(await call({ reflection: "v1" }))).toBe("down grpc_status: server reflection is not offered: v1 answers 12 UNIMPLEMENTED");
  });
  test("gives the first message of a stream too", async () => {
    expect((await call({ method: "WatchOrders" }, { assertions: [{ source: "json", path: "$.id", op: "eq", value: "o2" }] })).error).toBeUndefined();
  });
  test("may send imports unasked, or again and again", async () => {
    server.instead = () => fileResponse(...server.files.values(), ...server.files.values());
    expect((await call()).error).toBeUndefined();
    expect(server.asked).toEqual(["v1 symbol shop.v1.Shop"]);
  });
  test("may leave the JSON names out, as servers in C++ do", async () => {
    for (const file of server.files.values()) for (const message of file.messageType) for (const one of message.field) one.jsonName = "";
    expect((await call({}, { assertions: [{ source: "json", path: "$.price.currency", op: "eq", value: "EUR" }] })).error).toBeUndefined();
  });
  test("may lack an import that only options used", async () => {
    server.files.get("money.proto")!.dependency.push("google/api/annotations.proto");
    expect((await call()).error).toBeUndefined();
    expect(server.asked).toContain("v1 file google/api/annotations.proto");
  });
  test("is asked over TLS, with the check's metadata, authority and deadline", async () => {
    const { caPem, leaves } = testCertificates();
    const pair = { private_key: Buffer.from(leaves.good.keyPem), cert_chain: Buffer.from(leaves.good.certPem) };
    await using secure = await startReflectingServer(protos, ServerCredentials.createSsl(Buffer.from(caPem), [pair], true));
    const tls = { caPem, ...leaves.client };
    const run = await call({ address: secure.address.replace("127.0.0.1", "localhost"), tls, metadata: { "x-bytes-bin": "AQI=", "x-many": ["a", "b"] } });
    expect(run.error).toBeUndefined();
    expect(secure.calls[0]!.metadata.get("x-bytes-bin")).toEqual([Buffer.from([1, 2])]);
    expect(secure.calls[0]!.metadata.get("x-many")).toEqual(["a, b"]);
    expect(secure.calls[0]!.leftMs).toBeLessThanOrEqual(10_000);
  });
  test("passes the gate first", async () => {
    const run = await tryCheck({ type: "grpc", target: target() }, { privateAllowed: false });
    expect(run.error?.kind).toBe("target_forbidden");
    expect(server.asked).toEqual([]);
  });
});

describe("descriptors are kept", () => {
  const prepared = (more: object = {}) => prepareCheck(checkOf({ type: "grpc", target: target(more), timeoutMs: 10_000 }));
  const at = { offsetMs: 0 };
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + at.offsetMs };
  const environment = { ...openEnvironment, clock };

  test("for five minutes, for each check", async () => {
    const check = prepared();
    for (let run = 0; run < 3; run++) expect((await runCheck(check, environment)).error).toBeUndefined();
    expect(server.asked).toHaveLength(2);
    at.offsetMs += 300_001;
    expect((await runCheck(check, environment)).error).toBeUndefined();
    expect(server.asked).toHaveLength(4);
  });
  test("but not beyond a call that is unknown, or whose answer cannot be read", async () => {
    const check = prepared();
    await runCheck(check, environment);
    server.answers.GetOrder = Buffer.from([0x10]);
    expect((await runCheck(check, environment)).error?.kind).toBe("http_malformed");
    server.answers.GetOrder = {};
    await runCheck(check, environment);
    expect(server.asked).toHaveLength(4);
    server.describe({ "shop.proto": shop.replaceAll("GetOrder(", "FetchOrder("), "money.proto": money });
    expect(problemOf(await runCheck(check, environment))).toBe("down grpc_status: grpc status 12 UNIMPLEMENTED, expected 0 OK: The server does not implement the method /shop.v1.Shop/GetOrder");
    expect(problemOf(await runCheck(check, environment))).toBe("down grpc_status: the call is not there: service shop.v1.Shop has no method GetOrder, only FetchOrder, WatchOrders, Upload");
  });
  test("and what it took to get them is in no phase", async () => {
    const check = prepared();
    server.instead = (asked) => {
      if (asked.includes("symbol")) Bun.sleepSync(300);
      return undefined;
    };
    const run = await runCheck(check, environment);
    expect(run.error).toBeUndefined();
    expect(run.latencyMs).toBeLessThan(250);
    expect(run.firstByteMs).toBeLessThan(250);
    expect(run.finishedAtMs - run.startedAtMs).toBeGreaterThan(290);
  });
});

describe("a call that the server's descriptors do not allow", () => {
  const table: [string, object, string][] = [
    ["of an unknown service", { service: "shop.v2.Shop" }, "down grpc_status: the server does not know the service shop.v2.Shop: reflection answers 5 NOT_FOUND (shop.v2.Shop is not known)"],
    ["of an unknown method", { method: "Nope" }, "down grpc_status: the call is not there: service shop.v1.Shop has no method Nope, only GetOrder, WatchOrders, Upload"],
    ["with a stream of requests", { method: "Upload" }, "unknown config_invalid: call cannot be made: method Upload takes a stream of requests, which a check cannot send"],
    ["whose request does not fit", { request: { ids: "x" } }, 'down schema_changed: the request does not fit shop.v1.GetOrderRequest: cannot decode message shop.v1.GetOrderRequest from JSON: key "ids" is unknown, as the server describes it'],
  ];
  for (const [what, more, expected] of table) test(what, async () => expect(problemOf(await call(more))).toBe(expected));
  test("because its request is too large", async () => {
    expect(problemOf(await call({ request: { id: "x".repeat(70_000) } }))).toBe("unknown config_invalid: call cannot be made: the request has 70009 bytes, at most 65535 can be sent");
  });

  test("because reflection is off", async () => {
    server.versions = [];
    const run = await call();
    expect(problemOf(run)).toBe("down grpc_status: server reflection is not offered: v1 and v1alpha answer 12 UNIMPLEMENTED");
    expect(run.code).toBe(status.UNIMPLEMENTED);
    expect(server.calls).toEqual([]);
  });
});

describe("hostile descriptors become a failure", () => {
  const file = (name: string, ...dependency: string[]) => create(FileDescriptorProtoSchema, { name, dependency, syntax: "proto3" });
  const withShop = (...dependency: string[]) => ({ ...server.files.get("shop.proto")!, dependency: ["money.proto", ...dependency] });
  const table: [string, () => (asked: string) => Buffer | undefined, string][] = [
    ["bytes that are no response", () => () => Buffer.from([0x22, 0xff, 0xff]), "http_malformed: malformed response: server reflection sent what is not its message"],
    ["a file that is none", () => () => Buffer.from([0x22, 3, 0x0a, 1, 0xff]), "http_malformed: malformed response: server reflection sent what is not its message"],
    ["no file at all", () => () => Buffer.from([0x22, 0]), "the server has no service shop.v1.Shop"],
    ["a circle of imports", () => () => fileResponse(withShop("a.proto"), file("a.proto", "b.proto"), file("b.proto", "a.proto")), "http_malformed: malformed response: the server's descriptors cannot be used: a.proto imports itself"],
    ["a type that is missing", () => (asked) => (asked.includes("symbol") ? undefined : errorResponse(5, "")), "the server's descriptors cannot be used: "],
    ["names that are none", () => () => fileResponse(create(FileDescriptorProtoSchema, { name: "x.proto", messageType: [{ name: "__proto__.x" }] })), "invalid message name"],
    ["an edition to come", () => () => fileResponse(create(FileDescriptorProtoSchema, { name: "x.proto", syntax: "editions", edition: 99999 })), "the server's descriptors cannot be used: "],
    ["an endless row of files", () => (asked) => fileResponse(asked.includes("symbol") ? withShop("1.proto") : file(/(\d+)/.exec(asked.slice(3))?.[1] ? `${/ (\d+)\.proto/.exec(asked)?.[1]}.proto` : "money.proto", `${Number(/ (\d+)\.proto/.exec(asked)?.[1] ?? 0) + 1}.proto`)), "http_too_large: response too large: server reflection needs more than 500 files"],
    ["names too long to ask for", () => () => fileResponse(withShop("x".repeat(60_000))), "http_too_large: response too large: server reflection needs more than 500 files to describe the service, or names of more than 50000 bytes"],
    ["more than can be built", () => () => fileResponse(create(FileDescriptorProtoSchema, { name: "x.proto", messageType: [{ name: "M", field: Array.from({ length: 60_000 }, (_, index) => ({ name: `f${index}`, number: index + 1 })) }] })), "http_too_large: response too large: server reflection describes the service with more than 50000 fields"],
    ["more than is read", () => () => fileResponse(create(FileDescriptorProtoSchema, { name: "x".repeat(5_000_000) })), "http_too_large: response too large: "],
  ];
  for (const [what, instead, expected] of table) {
    test(what, async () => {
      server.instead = instead();
      const run = await call();
      expect(problemOf(run)).toContain(expected);
      expect(run.status).toBe("down");
    });
  }
  test("which is not built again at every attempt", async () => {
    server.instead = () => fileResponse(create(FileDescriptorProtoSchema, { name: "x.proto", messageType: [{ name: "not a name" }] }));
    const check = prepareCheck(checkOf({ type: "grpc", target: target(), timeoutMs: 10_000 }));
    for (let run = 0; run < 3; run++) expect((await runCheck(check, openEnvironment)).error?.kind).toBe("http_malformed");
    expect(server.asked).toHaveLength(1);
  });
  test("and silence is late", async () => {
    server.instead = () => Buffer.alloc(0);
    expect(problemOf(await call({}, { timeoutMs: 300 }))).toBe("down response_timeout: server reflection was not complete within 300 ms");
  });
});

describe("schema drift", () => {
  const descriptorSet = Buffer.from(descriptorSetOf(protos)).toString("base64");
  const drift = async (next: Record<string, string>, more: object = {}, rest: object = {}) => {
    server.describe(next);
    const run = await call({ descriptorSet, ...more }, rest);
    return { run, said: problemOf(run), observed: run.detail(true).observed.schemaDrift };
  };
  const reason = (...differences: string[]) => `degraded schema_changed: schema changed: ${differences.join("; ")}`;

  test("none: the check is up, by the stored descriptors", async () => {
    const { run, observed } = await drift(protos);
    expect(run.status).toBe("up");
    expect(observed).toEqual({ breaking: [], other: [] });
    expect(server.calls).toHaveLength(1);
  });
  const table: [string, Record<string, string>, ...string[]][] = [
    ["a type", changed("int32 total", "string total"), "field shop.v1.Order.total changed from int32 to string"],
    ["a field removed", changed("int32 total = 2;", ""), "field shop.v1.Order.total removed"],
    ["a number", changed("total = 2", "total = 9"), "field shop.v1.Order.total changed from number 2 to 9"],
    ["a name", changed("int32 total", "int32 sum"), "field shop.v1.Order.total is now called sum"],
    ["cardinality", changed("string id = 1; int32", "repeated string id = 1; int32"), "field shop.v1.Order.id changed from string to repeated string"],
    ["a map", changed("map<string, int32>", "map<string, int64>"), "field shop.v1.Order.stock changed from map<string, int32> to map<string, int64>"],
    ["a message", changed("Money price", "Order price"), "field shop.v1.Order.price changed from shop.v1.Money to shop.v1.Order"],
    ["a message further in", { ...protos, "money.proto": money.replace("int64 units", "double units") }, "field shop.v1.Money.units changed from int64 to double"],
    ["the request", changed("string id = 1; Kind", "bytes id = 1; Kind"), "field shop.v1.GetOrderRequest.id changed from string to bytes"],
    ["an enum", changed("KIND_PAID = 2", "KIND_DONE = 2"), "enum value shop.v1.Kind.KIND_PAID removed"],
    ["two at once", changed("int32 total = 2; Money price = 3;", "string total = 2;"), "field shop.v1.Order.total changed from int32 to string", "field shop.v1.Order.price removed"],
  ];
  for (const [what, next, ...differences] of table) {
    test(what, async () => {
      server.answers = {};
      expect((await drift(next)).said).toBe(reason(...differences));
    });
  }
  test("streaming-ness", async () => {
    const { run, observed } = await drift(changed("rpc GetOrder(GetOrderRequest) returns (Order)", "rpc GetOrder(GetOrderRequest) returns (stream Order)"), {}, { timeoutMs: 1_000 });
    // The stored method waits for the end of the answer, which does not come.
    expect(run.status).toBe("down");
    expect(observed).toBeUndefined();
    const shown = await drift(changed("returns (stream Order)", "returns (Order)"), { method: "WatchOrders" });
    expect(shown.said).toBe(reason("method shop.v1.Shop.WatchOrders changed from server_streaming to unary"));
  });
  test("a new field is told, and nothing more", async () => {
    const { run, observed } = await drift(changed("int32 total = 2;", "int32 total = 2; string note = 8;"));
    expect(run.status).toBe("up");
    expect(observed).toEqual({ breaking: [], other: ["field shop.v1.Order.note added"] });
  });
  test("a method removed is down first, and the drift says why", async () => {
    const { run, observed } = await drift(changed("rpc GetOrder(", "rpc FetchOrder("));
    expect(run).toMatchObject({ status: "down", code: status.UNIMPLEMENTED });
    expect(observed).toEqual({ breaking: ["method shop.v1.Shop.GetOrder removed"], other: [] });
  });
  test("is compared once, and holds until the server is asked again", async () => {
    server.describe(changed("Kind kind = 2", "int32 kind = 2"));
    const check = prepareCheck(checkOf({ type: "grpc", target: target({ descriptorSet }), timeoutMs: 10_000 }));
    for (let run = 0; run < 3; run++) expect((await runCheck(check, openEnvironment)).status).toBe("degraded");
    expect(server.asked).toHaveLength(2);
  });
  test("a server without reflection is judged by its answer alone", async () => {
    server.versions = [];
    const run = await call({ descriptorSet });
    expect(run.status).toBe("up");
    expect(run.detail().observed.schemaDrift).toEqual({ problem: "server reflection is not offered: v1 and v1alpha answer 12 UNIMPLEMENTED" });
  });
  test("silence of the reflection does not make an answered call late", async () => {
    server.instead = () => Buffer.alloc(0);
    const run = await call({ descriptorSet }, { timeoutMs: 500 });
    expect(run.status).toBe("up");
    expect(run.latencyMs).toBeLessThan(400);
    expect(run.detail().observed.schemaDrift).toEqual({ problem: "server reflection was not complete within 500 ms" });
  });
  test("is found against a stored proto set too", async () => {
    server.describe(changed("int32 total", "string total"));
    server.answers = {};
    const set = descriptorSetOf(protos);
    const run = await tryCheck({ type: "grpc", target: target({ protoSetId: "prt_1" }), timeoutMs: 10_000 }, { descriptors: () => Promise.resolve(set) });
    expect(problemOf(run)).toBe(reason("field shop.v1.Order.total changed from int32 to string"));
  });
});

test("no socket stays", async () => {
  await call();
  const before = openSockets();
  await Promise.all(Array.from({ length: 20 }, () => call()));
  for (let turn = 0; turn < 200 && openSockets() > before; turn++) await new Promise(setImmediate);
  expect(openSockets()).toBeLessThanOrEqual(before);
});
