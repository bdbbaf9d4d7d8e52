/** Descriptors from a stranger: each set of them ends as a set like an upload's, or as problems, never otherwise. */
import { describe, expect, test } from "bun:test";
import { create, createFileRegistry, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { FieldDescriptorProto_Label as Label, FieldDescriptorProto_Type as Type, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { callAs, forgeClient, shopProto, testRunner } from "../testing/forge.ts";
import { createSqliteProtoStore } from "../../../adapters/sqlite/protos.ts";
import { openTempStore } from "../../../testing/temp_store.ts";
import { typescriptClient } from "../typescript/client.ts";
import { compileProtos } from "./compile.ts";
import { readDescribed } from "./described.ts";

type FileInit = MessageInitShape<typeof FileDescriptorProtoSchema>;

const compiled = compileProtos([{ name: "shop/v1/shop.proto", text: shopProto }]).compiled!;
const shopBytes = toBinary(FileDescriptorSetSchema, compiled.set);
const orders = new Set(["shop.v1.Orders"]);

function setOf(...file: FileInit[]): Uint8Array {
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file }));
}

const proto3 = (parts: FileInit): FileInit => ({ name: "a.proto", syntax: "proto3", package: "a", ...parts });
const read = (...files: FileInit[]) => readDescribed(setOf(...files), new Set(["a.S"]));
const said = (...files: FileInit[]) => read(...files).problems.map(({ file, message }) => `${file}: ${message}`);
const text = (name: string, number: number) => ({ name, number, label: Label.OPTIONAL, type: Type.STRING });

describe("what a server describes", () => {
  test("is the same set as the upload of its files", () => {
    const { compiled: kept, fileNames, messages, problems } = readDescribed(shopBytes, orders);
    expect(problems).toEqual([]);
    expect([fileNames, messages]).toEqual([["shop/v1/shop.proto"], 7]);
    expect(Buffer.from(toBinary(FileDescriptorSetSchema, kept!.set)).equals(Buffer.from(shopBytes))).toBe(true);
  });

  test("may come in any order, without JSON names, and with its own Timestamp, which is not taken", () => {
    const { file } = fromBinary(FileDescriptorSetSchema, shopBytes);
    for (const field of file.flatMap(({ messageType }) => messageType).flatMap((message) => message.field)) field.jsonName = "";
    const timestamp = proto3({ name: "google/protobuf/timestamp.proto", package: "google.protobuf", messageType: [{ name: "Timestamp", field: [text("evil", 1)] }] });
    const { compiled: kept } = readDescribed(setOf(...file.filter(({ name }) => name.startsWith("shop")), timestamp), orders);
    expect(kept!.registry.getMessage("google.protobuf.Timestamp")!.fields.map(({ name }) => name)).toEqual(["seconds", "nanos"]);
    expect(kept!.registry.getMessage("shop.v1.Order")!.fields[2]!.jsonName).toBe("totalCents");
  });

  test("loses the services that the server does not offer, and all that nobody checked", () => {
    const { compiled: kept } = read(
      proto3({
        dependency: ["google/api/annotations.proto"],
        messageType: [{ name: "M", field: [{ ...text("x", 1), options: { packed: false, ctype: 1 } }], reservedName: ["*/ evil"] }],
        service: [{ name: "S", method: [{ name: "Get", inputType: ".a.M", outputType: ".a.M" }] }, { name: "T" }],
        options: { javaPackage: "*/ evil", deprecated: true },
        sourceCodeInfo: { location: [{ leadingComments: "*/ evil" }] },
      }),
    );
    const bytes = toBinary(FileDescriptorSetSchema, kept!.set);
    expect(Buffer.from(bytes).toString("latin1")).not.toContain("evil");
    const [file] = kept!.set.file;
    expect([file!.service.map(({ name }) => name), file!.dependency, file!.options?.deprecated, file!.messageType[0]!.field[0]!.options?.packed]).toEqual([["S"], [], true, false]);
  });
});

describe("is refused", () => {
  const message = (name: string, ...field: ReturnType<typeof text>[]) => proto3({ messageType: [{ name, field }] });
  const none = "cannot be used as a name: JavaScript gives it a meaning of its own";
  const table: [string, FileInit[], string][] = [
    ["__proto__ as a message", [message("__proto__")], `a.proto: "__proto__" ${none}`],
    ["__proto__ as a field", [message("M", text("__proto__", 1))], `a.proto: "__proto__" ${none}`],
    ["__proto__ as a JSON name", [message("M", { ...text("x", 1), jsonName: "__proto__" } as never)], 'a.proto: the JSON name of "x" cannot be used: "__proto__"'],
    ["__proto__ as an enum value", [proto3({ enumType: [{ name: "E", value: [{ name: "__proto__", number: 0 }] }] })], `a.proto: "__proto__" ${none}`],
    ["__proto__ as a oneof", [proto3({ messageType: [{ name: "M", oneofDecl: [{ name: "__proto__" }] }] })], `a.proto: "__proto__" ${none}`],
    ["__proto__ as a method", [proto3({ messageType: [{ name: "M" }], service: [{ name: "S", method: [{ name: "__proto__", inputType: ".a.M", outputType: ".a.M" }] }] })], `a.proto: "__proto__" ${none}`],
    ["__proto__ in a package", [proto3({ package: "a.__proto__" })], `a.proto: "__proto__" ${none}`],
    ["code as a name", [message("M(){globalThis.owned=1}")], 'a.proto: "M(){globalThis.owned=1}" is not a name: use letters, digits and "_", not starting with a digit'],
    ["an empty name", [message("")], 'a.proto: "" is not a name: use letters, digits and "_", not starting with a digit'],
    ["a name of 129 letters", [message("a".repeat(129))], `a.proto: the name "${"a".repeat(60)}"… is too long: at most 128 characters are allowed`],
    ["a file outside", [proto3({ name: "../a.proto" })], ': "../a.proto" is not an import path: use letters, digits, "_", "-", "." and "/", relative and without ".."'],
    ["the same file twice", [proto3({}), proto3({})], "a.proto: the file comes twice"],
    ["a field twice", [message("M", text("x", 1), text("x", 2))], 'a.proto: "x" is defined twice in "a.M"'],
    ["a number twice", [message("M", text("x", 1), text("y", 1))], 'a.proto: the number 1 of "y" is taken: by "x"'],
    ["a number out of range", [message("M", text("x", 0))], 'a.proto: the number of "x" is wrong: a field number is a whole number from 1 to 536870911'],
    ["a message twice", [proto3({ messageType: [{ name: "M" }] }), proto3({ name: "b.proto", messageType: [{ name: "M" }] })], 'b.proto: "a.M" is defined twice: first in a.proto'],
    ["a circle of imports", [proto3({ dependency: ["b.proto"] }), proto3({ name: "b.proto", dependency: ["a.proto"] })], 'b.proto: the import "a.proto" closes a circle: a.proto → b.proto → a.proto'],
    ["a type that nobody defines", [message("M", { ...text("x", 1), type: Type.MESSAGE, typeName: ".a.Nope" } as never)], ": the files do not fit together: "],
    ["an enum as a message", [proto3({ enumType: [{ name: "E", value: [{ name: "E_0", number: 0 }] }], messageType: [{ name: "M", field: [{ ...text("x", 1), type: Type.MESSAGE, typeName: ".a.E" }] }] })], ": the files do not fit together: "],
    ["an entry of no map", [proto3({ messageType: [{ name: "M", nestedType: [{ name: "XEntry", options: { mapEntry: true } }], field: [{ ...text("x", 1), label: Label.REPEATED, type: Type.MESSAGE, typeName: ".a.M.XEntry" }] }] })], ": the files do not fit together: "],
    ["a oneof that is not there", [message("M", { ...text("x", 1), oneofIndex: 7 } as never)], ": the files do not fit together: "],
    ["an edition to come", [proto3({ syntax: "editions", edition: 99_999 as never })], ": the files do not fit together: a.proto: unsupported edition"],
    ["1,001 messages", [proto3({ messageType: Array.from({ length: 1_001 }, (_, i) => ({ name: `M${i}` })) })], ": what the server describes is too large: 1001 messages, at most 1000 are allowed"],
    ["1,001 fields", [message("M", ...Array.from({ length: 1_001 }, (_, i) => text(`f${i}`, i + 1)))], 'a.proto: "a.M" is too large: 1001 fields, at most 1000 are allowed'],
    ["65 files", Array.from({ length: 65 }, (_, i) => proto3({ name: `f${i}.proto` })), ": 65 files: at most 64 are allowed"],
    ["a default of 5 KB", [message("M", { ...text("x", 1), defaultValue: "x".repeat(5_000) } as never)], 'a.proto: the default of "x" is too long: at most 4096 bytes are allowed'],
  ];
  test.each(table)("%s", (_, files, expected) => {
    expect(said(...files)[0]).toStartWith(expected);
    expect(Object.keys({})).toEqual([]);
  });

  test("a message 40 deep", () => {
    let inner: NonNullable<FileInit["messageType"]>[number] = { name: "M" };
    for (let depth = 1; depth < 40; depth++) inner = { name: "M", nestedType: [inner] };
    expect(said(proto3({ messageType: [inner] }))).toEqual(["a.proto: the file is nested too deep: more than 32 levels"]);
  });

  test("what is no set of descriptors", () => {
    expect(readDescribed(Buffer.from([0x0a, 0xff, 0xff]), new Set()).problems[0]!.message).toStartWith("these are no descriptors: ");
  });

  test("or else it can be read by every runtime: a set with a few bytes changed", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(shopBytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Uint8Array.from(shopBytes);
        for (const [at, value] of changes) bytes[at] = value;
        const { compiled: kept, problems } = readDescribed(bytes, orders);
        expect(kept === undefined).toBe(problems.length > 0);
        if (!kept) return;
        const stored = toBinary(FileDescriptorSetSchema, kept.set);
        createFileRegistry(fromBinary(FileDescriptorSetSchema, stored));
        const transpiler = new Bun.Transpiler({ loader: "ts" });
        for (const { path, text } of typescriptClient("shop", stored, [])) if (path.endsWith(".ts")) transpiler.transformSync(text);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the forge", () => {
  const source = { address: "shop.example:443", tls: true, tlsOptions: { serverName: "shop" }, offersHealth: false };
  const description = { name: "shop", fileDescriptorSet: shopBytes, services: ["shop.v1.Orders"], undescribed: ["old.Gone"], source };

  async function openForge(runJob = testRunner()) {
    const temp = await openTempStore();
    return { forge: forgeClient(createSqliteProtoStore(temp.store), runJob), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  }
  const refusal = (attempt: Promise<unknown>) => attempt.catch((error: unknown) => error);

  test("stores it like an upload, with its source and what is wrong with it", async () => {
    await using opened = await openForge();
    const set = await opened.forge.importDescriptors(description, callAs("editor"));
    expect(set).toMatchObject({ version: 1, files: ["shop/v1/shop.proto"], messages: 7, reflection: source });
    expect(set.warnings).toMatchObject([{ severity: "warning", message: 'the server lists the service "old.Gone", but does not describe it' }]);
    expect(set.services[0]!.methods[0]).toMatchObject({ name: "GetOrder", kind: "unary", sampleRequestJson: '{"orderId":"","withItems":false}' });
    expect((await opened.forge.getProtoSet({ id: set.id }, callAs("viewer"))).reflection).toMatchObject(source);
    expect((await opened.forge.getDescriptors({ id: set.id }, callAs("viewer"))).fileDescriptorSet.length).toBeGreaterThan(100);
  });

  test("proposes checks of the server it came from, which watch for drift, and of health only when that is offered", async () => {
    await using opened = await openForge();
    const targets = async (offersHealth: boolean, wanted: object) => {
      const { id } = await opened.forge.importDescriptors({ ...description, source: { ...source, offersHealth } }, callAs("editor"));
      return (await opened.forge.generateConfig({ protoSetId: id, ...wanted }, callAs("viewer"))).checks.map(({ target }) => target);
    };
    const call = { mode: "call", service: "shop.v1.Orders", method: "GetOrder" };
    expect(await targets(false, {})).toMatchObject([{ ...call, address: "shop.example:443", tls: { serverName: "shop" }, reflection: true }]);
    expect(await targets(true, {})).toMatchObject([{ mode: "health", service: "" }, { mode: "health", service: "shop.v1.Orders" }, call]);
    const [elsewhere] = await targets(false, { address: "other.example:1" });
    expect(elsewhere).toMatchObject({ ...call, address: "other.example:1", tls: false });
    expect(elsewhere).not.toHaveProperty("reflection");
  });

  test("refuses what it cannot use, by the server that was named", async () => {
    await using opened = await openForge();
    const attempt = (more: object) => refusal(opened.forge.importDescriptors({ ...description, ...more }, callAs("editor")));
    expect(await attempt({ services: [] })).toMatchObject({ code: "invalid_argument", fields: [{ pointer: "/reflection", message: "the server describes no service but, perhaps, reflection and health" }] });
    expect(await attempt({ fileDescriptorSet: new Uint8Array(5_000_000) })).toMatchObject({ fields: [{ pointer: "/reflection", message: "5000000 bytes of descriptors: at most 4194304 are allowed" }] });
    expect(await attempt({ fileDescriptorSet: setOf(proto3({ messageType: [{ name: "1" }] })) })).toMatchObject({ message: 'what the server describes cannot be used: a.proto: "1" is not a name: use letters, digits and "_", not starting with a digit' });
    expect(await refusal(opened.forge.importDescriptors(description, callAs("viewer")))).toMatchObject({ code: "forbidden" });
  });

  test("kills a child that does not come to an end over it", async () => {
    await using opened = await openForge(testRunner({ command: [process.execPath, "-e", "for (;;);"], timeoutMs: 700 }));
    expect(await refusal(opened.forge.importDescriptors(description, callAs("editor")))).toMatchObject({
      message: "what the server describes cannot be processed: it took longer than 700 ms",
      fields: [{ pointer: "/reflection" }],
    });
  });
});
