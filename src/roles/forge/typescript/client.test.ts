import { fromBinary, fromJson, type JsonValue, toBinary, toJson } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Compiled, compileProtos } from "../compiler/compile.ts";
import { answerTo } from "../worker.ts";
import { shopProto } from "../testing/forge.ts";

const modules = join(import.meta.dir, "../../../../node_modules");

interface Generated extends Disposable {
  dir: string;
  compiled: Compiled;
  text: (path: string) => string;
}

/** Compiles, generates, and writes the files where the packages they import are found. */
async function generate(proto: string, name = "shop"): Promise<Generated> {
  const files = [{ name: "shop/v1/shop.proto", text: proto }];
  const { compiled, problems } = compileProtos(files);
  expect(problems).toEqual([]);
  const outline = answerTo({ kind: "compile", files });
  if (outline.kind !== "compile") throw new Error("another answer");
  const answer = answerTo({ kind: "typescript", name, descriptors: outline.descriptors, services: outline.services });
  if (answer.kind !== "typescript") throw new Error("another answer");
  const dir = mkdtempSync(join(tmpdir(), "uptimeping-client-"));
  symlinkSync(modules, join(dir, "node_modules"));
  for (const file of answer.files) {
    mkdirSync(dirname(join(dir, file.path)), { recursive: true });
    await Bun.write(join(dir, file.path), file.text);
  }
  const text = (path: string) => answer.files.find((file) => file.path === path)!.text;
  return { dir, compiled: compiled!, text, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

/** What the TypeScript compiler says of the generated files, under strict rules; empty when it accepts them. */
async function typeErrors(dir: string): Promise<string> {
  const compilerOptions = { strict: true, noEmit: true, target: "esnext", module: "preserve", moduleResolution: "bundler", skipLibCheck: true, types: ["bun"] };
  await Bun.write(join(dir, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  const check = Bun.spawn([join(modules, ".bin/bun"), "check"], { cwd: dir, stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([new Response(check.stdout).text(), new Response(check.stderr).text(), check.exited]);
  return code === 0 ? "" : out + err;
}

/** A gRPC server made from the same descriptors: it answers orders with what it was asked for. */
async function startShop({ registry }: Compiled) {
  const service = registry.getService("shop.v1.Orders")!;
  const definition: Record<string, grpc.MethodDefinition<JsonValue, JsonValue>> = {};
  for (const method of service.methods) {
    definition[method.name] = {
      path: `/${service.typeName}/${method.name}`,
      requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
      responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
      requestSerialize: (value) => Buffer.from(toBinary(method.input, fromJson(method.input, value))),
      responseDeserialize: (bytes) => toJson(method.output, fromBinary(method.output, bytes)),
      requestDeserialize: (bytes) => toJson(method.input, fromBinary(method.input, bytes)),
      responseSerialize: (value) => Buffer.from(toBinary(method.output, fromJson(method.output, value))),
    };
  }
  const server = new grpc.Server();
  server.addService(definition, {
    GetOrder(call: { request: { orderId?: string }; metadata: grpc.Metadata }, done: (error: object | null, answer?: object) => void) {
      const { orderId } = call.request;
      if (orderId === "missing") return done({ code: grpc.status.NOT_FOUND, details: "no such order" });
      const card = String(call.metadata.get("authorization")[0] ?? "");
      done(null, { id: orderId, status: "STATUS_PAID", totalCents: "9007199254740993", placedAt: "2026-01-02T03:04:05.678Z", items: [{ sku: "a", count: 2 }], card });
    },
    WatchOrders(call: { request: { count?: number }; write(order: object): void; end(): void }) {
      for (let i = 0; i < (call.request.count ?? 0); i++) call.write({ id: String(i) });
      call.end();
    },
    PlaceOrders(call: AsyncIterable<object>, done: (error: null, answer: object) => void) {
      void Array.fromAsync(call).then((orders) => done(null, { orders: orders.length }));
    },
    // Not `for await`: ending the loop would destroy the answering half of the stream too.
    Haggle(call: NodeJS.EventEmitter & { write(offer: object): void; end(): void }) {
      call.on("data", ({ price }: { price: number }) => call.write({ price: price / 2 }));
      call.on("end", () => call.end());
    },
  } as unknown as grpc.UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return { address: `127.0.0.1:${port}`, [Symbol.dispose]: () => server.forceShutdown() };
}

interface OrdersClient {
  getOrder(request: object, options?: object): Promise<object>;
  watchOrders(request: object): AsyncIterable<{ id: string }>;
  placeOrders(requests: Iterable<object>): Promise<object>;
  haggle(requests: Iterable<object>): AsyncIterable<{ price: number }>;
  close(): void;
}

describe("the generated TypeScript client", () => {
  test("passes the TypeScript compiler under strict rules", async () => {
    using client = await generate(shopProto);
    await Bun.write(
      join(client.dir, "use.ts"),
      `import { OrdersClient, type Order } from "./client.js";
       export async function use(client: OrdersClient): Promise<string> {
         const order: Order = await client.getOrder({ orderId: "1", withItems: true });
         // @ts-expect-error: a field that the message does not have
         await client.getOrder({ nope: 1 });
         return order.totalCents ?? "";
       }`,
    );
    expect(await typeErrors(client.dir)).toBe("");
  });

  test("calls a live server in all four ways", async () => {
    using generated = await generate(shopProto);
    using server = await startShop(generated.compiled);
    const { OrdersClient } = (await import(join(generated.dir, "client.ts"))) as { OrdersClient: new (address: string, options?: object) => OrdersClient };
    const client = new OrdersClient(server.address, { metadata: { authorization: "Bearer x" } });
    try {
      expect(await client.getOrder({ orderId: "o1" })).toMatchObject({
        id: "o1",
        status: "STATUS_PAID",
        totalCents: "9007199254740993",
        placedAt: "2026-01-02T03:04:05.678Z",
        items: [{ sku: "a", count: 2 }],
        card: "Bearer x",
      });
      expect(await client.getOrder({ orderId: "missing" }).catch((error: unknown) => error)).toMatchObject({ code: grpc.status.NOT_FOUND });
      expect((await Array.fromAsync(client.watchOrders({ count: 3 }))).map(({ id }) => id)).toEqual(["0", "1", "2"]);
      expect(await client.placeOrders([{ id: "a" }, { id: "b" }])).toEqual({ orders: 2 });
      expect((await Array.fromAsync(client.haggle([{ price: 8 }, { price: 4 }]))).map(({ price }) => price)).toEqual([4, 2]);
      const bad = await client.getOrder({ nope: 1 }).catch((error: unknown) => error);
      expect(String(bad)).toContain('"nope" is unknown');
    } finally {
      client.close();
    }
  });

  test("keeps hostile names and comments from becoming code", async () => {
    using client = await generate(
      `syntax = "proto3"; package hostile;
       /* Ends early? *\\/ globalThis.owned = 1; // */
       service constructor {
         // */ globalThis.owned = 2; /*
         rpc then(string_) returns (Promise);
         rpc close(string_) returns (Promise);
         rpc toString(Promise) returns (any);
         rpc To_string(Promise) returns (any);
         rpc hasOwnProperty(stream Promise) returns (stream any);
       }
       message string_ { string a = 1 [json_name = "x\\"]: 1}; globalThis.owned = 3; //"]; string constructor = 2; string prototype = 3; }
       message Promise { message any { int32 class = 1; } any class = 1; Record rec = 2; }
       message Record { JsonValue v = 1; Channel c = 2; constructorClient k = 3; }
       message JsonValue {} message Channel {} message any {} message constructorClient {}
       message Promise_any {}
       enum number { ZERO = 0; toJSON = 1; }`,
      "`*/ globalThis.owned = 4\n# [x](javascript:1)",
    );
    expect(await typeErrors(client.dir)).toBe("");
    await import(join(client.dir, "client.ts"));
    expect((globalThis as { owned?: number }).owned).toBeUndefined();
    expect(JSON.parse(client.text("package.json"))).toMatchObject({ name: "globalthis-owned-4-x-javascript-1-client" });
    expect(client.text("README.md").split("\n")[0]).not.toMatch(/[`[\]]/);
  });

  test("explains itself when there is no service", async () => {
    using client = await generate('syntax = "proto3"; message A { string b = 1; }');
    expect(client.text("README.md")).toContain("declare no service");
    expect(await typeErrors(client.dir)).toBe("");
  });
});
