import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { create, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { ServerCredentials } from "@grpc/grpc-js";
import { testCertificates } from "../../../testing/certificates.ts";
import { errorResponse, fileResponse, servicesResponse, startReflectingServer, type ReflectingServer } from "../../../testing/reflecting_server.ts";
import { tryCheck } from "../../../testing/run_check.ts";
import type { Run } from "../run.ts";
import type { ServerDescription } from "./grpc_reflection_attempt.ts";

const item = `syntax = "proto3"; package shop.v1; message Item { string id = 1; }`;
const protos = {
  "item.proto": item,
  "orders.proto": `syntax = "proto3"; package shop.v1; import "item.proto"; import "google/protobuf/empty.proto"; service Orders { rpc Get(Item) returns (google.protobuf.Empty); } service Returns { rpc Get(Item) returns (Item); }`,
  "stock.proto": `syntax = "proto3"; package shop.v1; import "item.proto"; service Stock { rpc Get(Item) returns (Item); }`,
};

let server: ReflectingServer;
beforeAll(async () => {
  server = await startReflectingServer(protos);
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  server.describe(protos);
  server.asked = [];
  server.versions = ["v1", "v1alpha"];
  server.lists = [];
  server.instead = () => undefined;
});

const reflect = (more: object = {}, timeoutMs = 10_000) => tryCheck({ type: "grpc_reflection", target: { address: server.address, ...more }, timeoutMs });
const saidBy = (run: Run) => run.detail(true).observed as unknown as ServerDescription;
const filesOf = (run: Run) => fromBinary(FileDescriptorSetSchema, Buffer.from(saidBy(run).descriptorSet, "base64")).file.map(({ name }) => name).toSorted();
const problemOf = (run: Run) => run.error && `${run.error.kind}: ${run.error.message}`;

describe("a server is asked for all that it lists", () => {
  test("one service after the other, those in files that are known already left out, and every import", async () => {
    const run = await reflect();
    expect(run.error).toBeUndefined();
    expect(server.asked).toEqual(["v1 services", "v1 symbol shop.v1.Orders", "v1 file item.proto", "v1 symbol shop.v1.Stock"]);
    expect(filesOf(run)).toEqual(["item.proto", "orders.proto", "stock.proto"]);
    expect(saidBy(run)).toMatchObject({ services: ["shop.v1.Orders", "shop.v1.Returns", "shop.v1.Stock"], undescribed: [], offersHealth: false });
  });
  test("but not for its reflection and its health, of which it is told whether it is there", async () => {
    server.lists = ["grpc.health.v1.Health"];
    expect(saidBy(await reflect())).toMatchObject({ services: ["shop.v1.Orders", "shop.v1.Returns", "shop.v1.Stock"], undescribed: [], offersHealth: true });
    expect(server.asked.filter((asked) => /grpc\./.test(asked))).toEqual([]);
  });
  test("and what it lists without knowing it is told", async () => {
    server.lists = ["old.Gone", "old.Gone"];
    expect(saidBy(await reflect())).toMatchObject({ services: ["shop.v1.Orders", "shop.v1.Returns", "shop.v1.Stock"], undescribed: ["old.Gone"] });
  });
  test("also when it describes another service than the one asked for", async () => {
    server.lists = ["old.Gone"];
    server.instead = (asked) => (asked.endsWith("old.Gone") ? fileResponse(server.files.get("item.proto")!) : undefined);
    expect(saidBy(await reflect())).toMatchObject({ undescribed: ["old.Gone"] });
  });
  test("by v1alpha when that is all it offers", async () => {
    server.versions = ["v1alpha"];
    expect(filesOf(await reflect())).toHaveLength(3);
    expect(server.asked[0]).toBe("v1alpha services");
  });
  test("over TLS, with metadata", async () => {
    const { caPem, leaves } = testCertificates();
    const pair = { private_key: Buffer.from(leaves.good.keyPem), cert_chain: Buffer.from(leaves.good.certPem) };
    await using secure = await startReflectingServer(protos, ServerCredentials.createSsl(Buffer.from(caPem), [pair], true));
    const run = await reflect({ address: secure.address.replace("127.0.0.1", "localhost"), tls: { caPem, ...leaves.client }, metadata: { authorization: "Bearer x" } });
    expect(run.error).toBeUndefined();
    expect(filesOf(run)).toHaveLength(3);
    expect(secure.askedWith?.get("authorization")).toEqual(["Bearer x"]);
    expect(problemOf(await reflect({ address: secure.address, tls: {} }))).toStartWith("tls_untrusted: ");
    expect(problemOf(await reflect({ address: secure.address }))).toBe("http_malformed: the port speaks TLS: switch tls on");
  });
  test("and one that offers nothing else has said so", async () => {
    server.instead = () => servicesResponse("grpc.reflection.v1.ServerReflection");
    expect(saidBy(await reflect())).toMatchObject({ services: [], undescribed: [], descriptorSet: "" });
  });
});

describe("a server that does not tell is a failure", () => {
  const file = (name: string, ...dependency: string[]) => create(FileDescriptorProtoSchema, { name, dependency });
  let count = 0;
  const table: [string, (asked: string) => Buffer | undefined, string][] = [
    ["it does not list", () => errorResponse(7, "for friends only"), "grpc_status: the server does not list its services: reflection answers 7 PERMISSION_DENIED (for friends only)"],
    ["bytes that are no response", () => Buffer.from([0x32, 0xff, 0xff]), "http_malformed: malformed response: server reflection sent what is not its message"],
    ["501 services", () => servicesResponse(...Array.from({ length: 501 }, (_, index) => `a.S${index}`)), "http_too_large: response too large: server reflection lists 501 services, at most 500 are read"],
    ["names that fill the line", (asked) => (asked === "v1 services" ? servicesResponse("a.".repeat(30_000)) : undefined), "http_too_large: response too large: server reflection needs more than 500 files"],
    ["always one more file", (asked) => (asked === "v1 services" ? undefined : fileResponse(file(`${count}.proto`, `${++count}.proto`))), "http_too_large: response too large: server reflection needs more than 500 files"],
    ["more fields than can be built", (asked) => (asked === "v1 services" ? undefined : fileResponse(create(FileDescriptorProtoSchema, { name: "x.proto", messageType: [{ name: "M", field: Array.from({ length: 60_000 }, (_, index) => ({ name: `f${index}` })) }] }))), "http_too_large: response too large: server reflection describes the service with more than 50000 fields"],
    ["more bytes than are read", () => servicesResponse("a".repeat(5_000_000)), "http_too_large: response too large: "],
    ["messages 10,000 deep", (asked) => (asked === "v1 services" ? undefined : deepFile(10_000)), "http_malformed: malformed response: server reflection sent what is not its message"],
  ];
  for (const [what, instead, expected] of table) {
    test(what, async () => {
      server.instead = instead;
      expect(problemOf(await reflect())).toStartWith(expected);
    });
  }
  test("a stream that never ends is cut by its bytes", async () => {
    // Every question is answered with a file of 50 kB that says nothing of it.
    const filler = create(FileDescriptorProtoSchema, { name: "f.proto", sourceCodeInfo: { location: [{ leadingComments: "x".repeat(50_000) }] } });
    server.lists = Array.from({ length: 400 }, (_, index) => `a.S${index}`);
    server.instead = (asked) => (asked.includes(" a.S") ? fileResponse(filler) : undefined);
    expect(problemOf(await reflect())).toStartWith("http_too_large: response too large: more than 4194304 bytes");
  });
  test("silence is late", async () => {
    server.instead = () => Buffer.alloc(0);
    expect(problemOf(await reflect({}, 300))).toBe("response_timeout: server reflection was not complete within 300 ms");
  });
  test("reflection is off", async () => {
    server.versions = [];
    expect(problemOf(await reflect())).toBe("grpc_status: server reflection is not offered: v1 and v1alpha answer 12 UNIMPLEMENTED");
  });
  test("nobody is there", async () => {
    expect(problemOf(await reflect({ address: "127.0.0.1:1" }))).toBe("connect_refused: connect to 127.0.0.1:1 failed: connection refused");
  });
});

/** Written from the inside out: no encoder goes that deep. */
function deepFile(depth: number): Buffer {
  let message: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) message = field(3, message);
  const file = Buffer.concat([field(1, Buffer.from("deep.proto")), field(4, message)]);
  return field(4, field(1, file));
}

function field(number: number, bytes: Buffer): Buffer {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest > 127; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length, rest]), bytes]);
}
