/** Uploads that have broken protobuf parsers, this one's predecessors included: each ends as a set or as problems, never otherwise. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { ProtoProblem } from "#ports/protos";
import { shopProto, testRunner } from "../testing/forge.ts";
import { compileProtos } from "./compile.ts";

const head = 'syntax = "proto3";\n';

function problemsOf(files: Record<string, string>): ProtoProblem[] {
  return compileProtos(Object.entries(files).map(([name, text]) => ({ name, text }))).problems;
}

/** "line: message" of each problem of one file. */
function said(text: string): string[] {
  return problemsOf({ "a.proto": text }).map(({ line, message }) => `${line}: ${message}`);
}

const prototypeBefore = Object.getOwnPropertyNames(Object.prototype).toSorted();
const expectUnpolluted = () => {
  expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(prototypeBefore);
  expect(Object.keys({})).toEqual([]);
};

describe("names that mean something to JavaScript", () => {
  for (const name of ["constructor", "prototype", "hasOwnProperty", "toString", "valueOf", "then", "rpcCall", "__defineGetter__", "toJSON", "create", "nested", "fields", "options"]) {
    test(`"${name}" is a name like any other`, () => {
      const text = `${head}package p.${name}.q;
        message ${name} { string ${name} = 1; message In { ${name} f = 1; } In g = 2; oneof o_${name} { int32 x = 3; } map<string, ${name}> m = 4; }
        enum E { ${name}_ZERO = 0; }
        message H { enum ${name} { Z_${name} = 0; } ${name} v = 1; }
        service S { rpc ${name}(p.${name}.q.${name}) returns (.p.${name}.q.${name}); }
        service T_${name} {}`;
      const { compiled, problems } = compileProtos([{ name: "a.proto", text }]);
      expect(problems).toEqual([]);
      const message = compiled!.registry.getMessage(`p.${name}.q.${name}`)!;
      expect(message.fields.map((field) => field.name)).toEqual([name, "g", "x", "m"]);
      expect(compiled!.registry.getService(`p.${name}.q.S`)!.methods[0]!.input).toBe(message);
      expectUnpolluted();
    });
  }

  test.each([
    ["message", "message __proto__ { string polluted = 1; }"],
    ["field", "message A { string __proto__ = 1; }"],
    ["enum value", "enum E { __proto__ = 0; }"],
    ["oneof", "message A { oneof __proto__ { string a = 1; } }"],
    ["service", "service __proto__ {}"],
    ["method", "message A {} service S { rpc __proto__(A) returns (A); }"],
    ["package", "package a.__proto__.b;"],
  ])('"__proto__" as the name of a %s is refused', (_, text) => {
    expect(said(`${head}${text}`)).toEqual(['2: "__proto__" cannot be used as a name: JavaScript gives it a meaning of its own']);
    expectUnpolluted();
  });

  test("options that reach for a prototype change nothing", () => {
    for (const option of [
      "option (x).__proto__.polluted = true;",
      "option constructor.prototype.polluted = true;",
      'option (x) = { __proto__ { polluted: "yes" } };',
      'option __proto__ = "x";',
    ]) {
      problemsOf({ "a.proto": `${head}${option}\nmessage A { ${option} string a = 1 [(y).__proto__.polluted = true]; }` });
      expectUnpolluted();
    }
  });

  test.each(['$type', "a-b", "ä", "1a", '"a"', "a\u202Eb", "a/**/"])("%s is no name of a message", (name) => {
    const problems = problemsOf({ "a.proto": `${head}message ${name} x {}` });
    expect(problems[0]).toMatchObject({ severity: "error" });
  });

  test("type names hold no code", () => {
    for (const type of ['Foo(){globalThis.owned=1}', "string;globalThis.owned=1;//", "a.b.(c)", "a[0]"]) {
      expect(problemsOf({ "a.proto": `${head}message A { ${type} x = 1; }` }).length).toBeGreaterThan(0);
    }
    expect((globalThis as { owned?: number }).owned).toBeUndefined();
  });
});

describe("size", () => {
  test.each([
    ["messages 10,000 deep", "message A {".repeat(10_000), "nested too deep: more than 32 levels"],
    ["option values 10,000 deep", `option (x) = ${"{ a: ".repeat(10_000)}`, "nested too deep: more than 32 levels"],
    ["300,000 tokens", "; ".repeat(300_000), "too long: more than 200000 tokens"],
    ["1,001 messages", Array.from({ length: 1_001 }, (_, i) => `message M${i} {}`).join("\n"), "1001 messages, at most 1000"],
    ["1,001 fields", `message A {${Array.from({ length: 1_001 }, (_, i) => `int32 f${i} = ${i + 1};`).join("\n")}}`, "1001 fields, at most 1000"],
    ["10,001 enum values", `enum E {${Array.from({ length: 10_001 }, (_, i) => `V${i} = ${i};`).join("\n")}}`, "10001 values, at most 10000"],
    ["1,001 methods", `message A {} service S {${Array.from({ length: 1_001 }, (_, i) => `rpc M${i}(A) returns (A);`).join("\n")}}`, "1001 methods, at most 1000"],
    ["a name of 129 letters", `message ${"a".repeat(129)} {}`, "too long: at most 128 characters"],
    ["a string of 5 KB", `option java_package = "${"a".repeat(5_000)}";`, "too long: at most 4096 bytes"],
  ])("%s are refused, quickly", (_, text, expected) => {
    const started = performance.now();
    expect(said(head + text)[0]).toContain(expected);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test("a flood of problems is cut and counted", () => {
    const problems = problemsOf({ "a.proto": `${head}message A {${Array.from({ length: 500 }, (_, i) => `Nope f${i} = ${i + 1};`).join("\n")}}` });
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)!.message).toBe("400 more problems are not shown");
  });

  test("imports that double at each level are read once each", () => {
    const files: Record<string, string> = { "f0.proto": `${head}message M0 {}` };
    for (let i = 1; i <= 15; i++) {
      const imports = [i - 1, Math.max(0, i - 2), 0].filter((j, at, all) => all.indexOf(j) === at);
      files[`f${i}.proto`] = `${head}${imports.map((j) => `import public "f${j}.proto";`).join("\n")}\nmessage M${i} { M0 a = 1; M${i - 1} b = 2; }`;
    }
    expect(problemsOf(files)).toEqual([]);
  });

  test("imports too deep are refused", () => {
    const files: Record<string, string> = {};
    for (let i = 0; i < 30; i++) files[`f${String(i).padStart(2, "0")}.proto`] = `${head}${i < 29 ? `import "f${String(i + 1).padStart(2, "0")}.proto";` : ""}`;
    expect(problemsOf(files)[0]).toMatchObject({ line: 2, message: expect.stringContaining("lies too deep: at most 16 levels") as string });
  });

  test("messages that hold each other have samples that end", async () => {
    const messages = Array.from({ length: 30 }, (_, i) => `message M${i} { ${Array.from({ length: 30 }, (_, j) => `M${j} f${j} = ${j + 1};`).join(" ")} }`);
    const methods = Array.from({ length: 900 }, (_, i) => `rpc R${i}(M${i % 30}) returns (M0);`);
    const text = `${head}${messages.join("\n")}\nservice S { ${methods.join("\n")} }`;
    const answer = await testRunner({ timeoutMs: 3_000 })({ kind: "compile", files: [{ name: "a.proto", text }] }, new AbortController().signal);
    expect(answer).toMatchObject({ problems: [] });
    expect(JSON.stringify(answer).length).toBeLessThan(6 * 1024 * 1024);
  });

  test("the largest upload that is allowed compiles within the limits of its child", async () => {
    const files = Array.from({ length: 20 }, (_, f) => ({
      name: `f${f}.proto`,
      text: `${head}package p${f};\n${Array.from({ length: 50 }, (_, m) => `message M${m} { ${Array.from({ length: 38 }, (_, i) => `int32 a${i}=${i + 1};`).join("")} }`).join("\n")}`,
    }));
    const answer = await testRunner({ timeoutMs: 3_000 })({ kind: "compile", files }, new AbortController().signal);
    expect(answer).toMatchObject({ problems: [], messages: 1_000 });
  });
});

describe("bytes that are not text", () => {
  test("a byte order mark and Windows line ends are fine, and lines still count", () => {
    expect(said(`\uFEFF${head}message A {\r\n  string a = 1;\r\n}\r\n`)).toEqual([]);
    expect(said(`\uFEFFsyntax = "proto3";\r\nmessage A {\r\n  Nope a = 1;\r\n}\r\n`)).toEqual(['3: the type of "A.a" is unknown: "Nope" is not defined']);
  });

  test.each([
    ["a NUL", `${head}message A\0 {}`, "2: there is a NUL character: save the file as UTF-8"],
    ["UTF-16", Buffer.from(head, "utf16le").toString("latin1"), "1: there is a NUL character: save the file as UTF-8"],
    ["an open string", `${head}import "abc`, "2: a string is not closed on its line"],
    ["a string over two lines", `${head}import "abc\n";`, "2: a string is not closed on its line"],
  ])("%s is told with its line", (_, text, expected) => {
    expect(said(text)).toEqual([expected]);
  });

  test.each([
    ["an open comment", `${head}/* never`],
    ["a lone surrogate", `${head}message \uD800 {}`],
    ["an open block", `${head}message A {`],
    ["too many closing braces", `${head}message A {}}`],
    ["nothing but noise", "}{][)(;=,<>"],
    ["a zip", "PK\u0003\u0004\u0014\u0008"],
  ])("%s is a problem", (_, text) => {
    const problems = problemsOf({ "a.proto": text });
    expect(problems[0]).toMatchObject({ severity: "error", file: "a.proto" });
    expect(problems[0]!.line).toBeGreaterThan(0);
  });

  test("an empty file is an empty set", () => {
    expect(said("")).toEqual([]);
  });
});

describe("numbers", () => {
  const range = "a field number is a whole number from 1 to 536870911";
  test.each([
    ["string a = 0;", `3: the number of "a" is wrong: ${range}`],
    ["string a = -1;", `3: the number of "a" is wrong: ${range}`],
    ["string a = 536870912;", `3: the number of "a" is wrong: ${range}`],
    ["string a = 99999999999999999999999;", `3: the number of "a" is wrong: ${range}`],
    ["string a = 1.5;", `3: the number of "a" is wrong: ${range}`],
    ["string a = 1e3;", `3: the number of "a" is wrong: ${range}`],
    ["string a = 19000;", '3: the number 19000 of "a" is wrong: 19000 to 19999 are reserved for protobuf itself'],
    ["string a = 0x4A38;", '3: the number 19000 of "a" is wrong: 19000 to 19999 are reserved for protobuf itself'],
    ["string a = 1; string b = 1;", '3: the number 1 of "b" is taken: by "a" on line 3'],
    ["string a = 1; string a = 2;", '3: "a" is defined twice in "A": first on line 3'],
    ["string a = 1; oneof o { string b = 01; }", '3: the number 1 of "b" is taken: by "a" on line 3'],
  ])("of a field: %s", (field, expected) => {
    expect(said(`${head}message A {\n${field}\n}`)).toEqual([expected]);
  });

  test.each([
    ["A = 1;", '3: the first value of the enum "E" must be 0 in proto3: "A" is 1'],
    ["A = 0; B = 2147483648;", '3: the number of "B" is wrong: an enum value is a whole number of 32 bits'],
    ["A = 0; B = -36893488147419103232;", '3: the number of "B" is wrong: an enum value is a whole number of 32 bits'],
    ["A = 0; B = 0;", '3: the number 0 of "B" is taken: by "A" on line 3'],
  ])("of an enum value: %s", (values, expected) => {
    expect(said(`${head}enum E {\n${values}\n}`)).toEqual([expected]);
  });

  test("two names for one enum value are fine where the enum says so", () => {
    expect(said(`${head}enum E { option allow_alias = true; A = 0; B = 0; C = -1; }`)).toEqual([]);
  });

  test("a reserved number or name is told with its line", () => {
    expect(said(`${head}message A {\n  reserved 5;\n  string a = 5;\n}`)[0]).toStartWith("4: ");
    expect(said(`${head}message A {\n  reserved "a";\n  string a = 5;\n}`)[0]).toStartWith("4: ");
  });
});

test("whatever is done to a file, the answer is a valid set or problems with a message", () => {
  const pieces = ["{", "}", ";", "=", '"', "message ", "enum ", "oneof ", "group ", "map<", ">", "[", "]", "option ", "import ", "0", "-1", "stream ", "extend ", "\0", "\n", "//", "/*", "__proto__", "(", ")"];
  const mutation = fc.record({ at: fc.nat(shopProto.length), cut: fc.nat(12), put: fc.constantFrom(...pieces) });
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
      let text = shopProto;
      for (const { at, cut, put } of mutations) text = text.slice(0, at) + put + text.slice(at + cut);
      const { compiled, problems } = compileProtos([{ name: "a.proto", text }]);
      expect(compiled !== undefined || problems.some(({ severity }) => severity === "error")).toBe(true);
      for (const { message, line } of problems) expect([message !== "", line >= 0]).toEqual([true, true]);
    }),
    { numRuns: 400 },
  );
  expectUnpolluted();
});

test("a set that was accepted is read back by a registry of its own", async () => {
  const answer = await testRunner()({ kind: "compile", files: [{ name: "a.proto", text: shopProto }] }, new AbortController().signal);
  if (answer.kind !== "compile") throw new Error("another answer");
  const set = fromBinary(FileDescriptorSetSchema, Buffer.from(answer.descriptors, "base64"));
  expect([...createFileRegistry(set).files]).toHaveLength(2);
});
