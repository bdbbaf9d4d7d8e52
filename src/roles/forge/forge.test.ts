import { createFileRegistry, fromBinary, fromJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createSqliteProtoStore } from "../../adapters/sqlite/protos.ts";
import { describe, expect, test } from "bun:test";
import type { JsonValue } from "@bufbuild/protobuf";
import type { ProtoStore } from "#ports/protos";
import { openTempStore } from "../../testing/temp_store.ts";
import { callAs, forgeClient, shopProto, testRunner } from "./testing/forge.ts";

const editor = callAs("editor");
const shop = { name: "shop", files: [{ name: "shop/v1/shop.proto", text: shopProto }] };

async function openForge() {
  const temp = await openTempStore();
  const protos = createSqliteProtoStore(temp.store);
  return { forge: forgeClient(protos), protos, [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
}

describe("an upload", () => {
  test("becomes a proto set with its services, methods, comments and sample requests", async () => {
    await using opened = await openForge();
    const set = await opened.forge.parseProto(shop, editor);
    expect(set).toMatchObject({ name: "shop", version: 1, files: ["shop/v1/shop.proto"], messages: 7, warnings: [] });
    expect(set.services.map(({ name, comment }) => [name, comment])).toEqual([["shop.v1.Orders", "Takes orders."]]);
    expect(set.services[0]!.methods.map(({ name, kind }) => [name, kind])).toEqual([
      ["GetOrder", "unary"],
      ["WatchOrders", "server_streaming"],
      ["PlaceOrders", "client_streaming"],
      ["Haggle", "bidi_streaming"],
    ]);
    expect(set.services[0]!.methods[0]).toMatchObject({
      comment: "Finds one order.",
      inputType: "shop.v1.GetOrderRequest",
      outputType: "shop.v1.Order",
      sampleRequestJson: '{"orderId":"","withItems":false}',
    });
  });

  test("under the same name is the next version", async () => {
    await using opened = await openForge();
    await opened.forge.parseProto(shop, editor);
    expect((await opened.forge.parseProto(shop, editor)).version).toBe(2);
  });

  test("that does not compile is refused with each problem at its file and line, and nothing is stored", async () => {
    await using opened = await openForge();
    const text = 'syntax = "proto3";\nmessage A {\n  Nope x = 1;\n  string y = 2;\n  Nada z = 3;\n}\n';
    const refusal = await opened.forge.parseProto({ name: "bad", files: [{ name: "a.proto", text }] }, editor).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: "invalid_argument",
      fields: [
        { pointer: "/files/0/text", message: 'a.proto:3: the type of "A.x" is unknown: "Nope" is not defined' },
        { pointer: "/files/0/text", message: 'a.proto:5: the type of "A.z" is unknown: "Nada" is not defined' },
      ],
    });
    expect((await opened.forge.listProtoSets({}, editor)).items).toEqual([]);
  });

  test("can be tried out: problems are the answer", async () => {
    await using opened = await openForge();
    const bad = await opened.forge.validateProto({ files: [{ name: "a.proto", text: 'syntax = "proto3";\nmessage {' }] }, callAs("viewer"));
    expect(bad).toMatchObject({ ok: false, problems: [{ file: "a.proto", line: 2, severity: "error" }] });
    const good = await opened.forge.validateProto(shop, callAs("viewer"));
    expect([good.ok, good.problems.length, good.services.length]).toEqual([true, 0, 1]);
    expect((await opened.forge.listProtoSets({}, editor)).items).toEqual([]);
  });

  test.each([
    ["no files", [], "/files"],
    ["a path out of the upload", [{ name: "../a.proto", text: "" }], "/files/0/name"],
    ["a path from the root", [{ name: "/etc/a.proto", text: "" }], "/files/0/name"],
    ["a file of another kind", [{ name: "a.txt", text: "" }], "/files/0/name"],
    ["the same path twice", [{ name: "a.proto", text: "" }, { name: "a.proto", text: "" }], "/files/1/name"],
    ["a file over 256 KB", [{ name: "a.proto", text: " ".repeat(256 * 1024 + 1) }], "/files/0/text"],
    ["65 files", Array.from({ length: 65 }, (_, i) => ({ name: `${i}.proto`, text: "" })), "/files"],
    ["2 MB in all", Array.from({ length: 9 }, (_, i) => ({ name: `${i}.proto`, text: " ".repeat(250 * 1024) })), "/files"],
  ])("with %s is refused before a child is started", async (_, files, pointer) => {
    const never = () => Promise.reject(new Error("a child was started"));
    const forge = forgeClient({} as ProtoStore, never);
    const refusal = await forge.validateProto({ files }, editor).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "invalid_argument", fields: [{ pointer }] });
  });
});

describe("a stored set", () => {
  test("gives descriptors, dependencies included, that a probe can call with", async () => {
    await using opened = await openForge();
    const { id } = await opened.forge.parseProto(shop, editor);
    const { fileDescriptorSet } = await opened.forge.getDescriptors({ id }, callAs("viewer"));
    const set = fromBinary(FileDescriptorSetSchema, fileDescriptorSet);
    expect(set.file.map(({ name }) => name)).toEqual(["google/protobuf/timestamp.proto", "shop/v1/shop.proto"]);
    expect(createFileRegistry(set).getService("shop.v1.Orders")?.methods).toHaveLength(4);
  });

  test("is seen and deleted by its own tenant only", async () => {
    await using opened = await openForge();
    const { id } = await opened.forge.parseProto(shop, editor);
    const stranger = callAs("owner", "ten_b");
    for (const attempt of [
      opened.forge.getProtoSet({ id }, stranger),
      opened.forge.getDescriptors({ id }, stranger),
      opened.forge.generateConfig({ protoSetId: id, address: "a:1" }, stranger),
      opened.forge.generateCode({ protoSetId: id, language: "typescript" }, stranger),
      opened.forge.deleteProtoSet({ id }, stranger),
    ]) {
      expect(await attempt.catch((error: unknown) => error)).toMatchObject({ code: "not_found" });
    }
    expect((await opened.forge.getProtoSet({ id }, editor)).id).toBe(id);
    await opened.forge.deleteProtoSet({ id }, editor);
    expect(await opened.forge.getProtoSet({ id }, editor).catch((error: unknown) => error)).toMatchObject({ code: "not_found" });
  });

  test("is listed newest first, page by page", async () => {
    await using opened = await openForge();
    const ids: string[] = [];
    for (const name of ["a", "b", "c"]) ids.unshift((await opened.forge.parseProto({ ...shop, name }, editor)).id);
    const first = await opened.forge.listProtoSets({ limit: 2 }, callAs("viewer"));
    const second = await opened.forge.listProtoSets({ limit: 2, cursor: first.nextCursor }, callAs("viewer"));
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    expect(second.nextCursor).toBe("");
  });

  test("is written by editors and read by viewers", async () => {
    await using opened = await openForge();
    const viewer = callAs("viewer");
    const refused = async (attempt: Promise<unknown>) => expect(await attempt.catch((error: unknown) => error)).toMatchObject({ code: "forbidden" });
    await refused(opened.forge.parseProto(shop, viewer));
    const { id } = await opened.forge.parseProto(shop, editor);
    await refused(opened.forge.deleteProtoSet({ id }, viewer));
    await refused(opened.forge.getProtoSet({ id }, callAs("none")));
    await refused(opened.forge.listTemplates({}, callAs("none")));
    expect((await opened.forge.getProtoSet({ id }, viewer)).id).toBe(id);
  });
});

test("code in a language that has no template is refused with those that have one", async () => {
  await using opened = await openForge();
  const { id } = await opened.forge.parseProto(shop, editor);
  const refusal = await opened.forge.generateCode({ protoSetId: id, language: "cobol" }, editor).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "invalid_argument", fields: [{ pointer: "/language", message: '"cobol" is not a language we know: use one of typescript' }] });
  const { files } = await opened.forge.generateCode({ protoSetId: id, language: "typescript" }, callAs("viewer"));
  expect(files.map(({ path }) => path)).toEqual(["client.ts", "runtime.ts", "descriptors.ts", "package.json", "README.md"]);
  expect(files[0]!.text).toContain("/** Finds one order. */\n  getOrder(request: GetOrderRequest, options?: CallOptions): Promise<Order> {");
});

describe("proposed checks", () => {
  test("are health of the server, health of each service and a call of each unary method", async () => {
    await using opened = await openForge();
    const { id } = await opened.forge.parseProto(shop, editor);
    const { checks } = await opened.forge.generateConfig({ protoSetId: id, address: "shop.example:443", tls: true }, callAs("viewer"));
    const where = { address: "shop.example:443", tls: true };
    const rest = { type: "grpc", assertions: [{ source: "grpc_status", op: "eq", value: 0 }], schedule: { every: "60s" } };
    const request = { orderId: "", withItems: false };
    expect(checks).toEqual([
      { name: "Health of shop.example:443", target: { ...where, mode: "health", service: "" }, ...rest },
      { name: "Health of shop.v1.Orders", target: { ...where, mode: "health", service: "shop.v1.Orders" }, ...rest },
      {
        name: "GetOrder of shop.v1.Orders",
        target: { ...where, mode: "call", protoSetId: id, service: "shop.v1.Orders", method: "GetOrder", request, metadata: {} },
        ...rest,
      },
    ]);
  });

  test("refuse an address, a method or a kind of method that cannot work", async () => {
    await using opened = await openForge();
    const { id } = await opened.forge.parseProto(shop, editor);
    const methods = ["shop.v1.Orders/Nope", "shop.v1.Orders/Haggle", "shop.v1.Orders/GetOrder"];
    const refusal = await opened.forge.generateConfig({ protoSetId: id, address: "http://x", methods }, editor).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ fields: [{ pointer: "/address" }, { pointer: "/methods/0" }, { pointer: "/methods/1" }] });
  });
});

test("every sample request is a request that the descriptors accept", async () => {
  const wide = `syntax = "proto3"; package w;
    import "google/protobuf/any.proto"; import "google/protobuf/struct.proto"; import "google/protobuf/wrappers.proto";
    import "google/protobuf/duration.proto"; import "google/protobuf/field_mask.proto"; import "google/protobuf/empty.proto";
    message M {
      google.protobuf.Any a = 1; google.protobuf.Struct b = 2; google.protobuf.Value c = 3; google.protobuf.ListValue d = 4;
      google.protobuf.Int64Value e = 5; google.protobuf.Duration f = 6; google.protobuf.FieldMask g = 7; google.protobuf.Empty h = 8;
      google.protobuf.NullValue i = 9; sfixed64 j = 10; bytes k = 11; float l = 12; map<int32, M> m = 13; repeated M n = 14; M o = 15;
      oneof p { string q = 16; M r = 17; } string __odd = 18; string s = 19 [json_name = "\\u0022 odd"];
    }
    service S { rpc A(M) returns (M); rpc B(google.protobuf.Any) returns (M); rpc C(google.protobuf.StringValue) returns (M); }`;
  const answer = await testRunner()({ kind: "compile", files: [{ name: "w.proto", text: wide }] }, new AbortController().signal);
  if (answer.kind !== "compile") throw new Error("another answer");
  expect(answer.problems).toEqual([]);
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(answer.descriptors, "base64")));
  for (const { sampleRequestJson, inputType } of answer.services[0]!.methods) {
    const sample = JSON.parse(sampleRequestJson) as JsonValue;
    expect(() => fromJson(registry.getMessage(inputType)!, sample, { registry })).not.toThrow();
  }
});
