import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { Metadata, Server, ServerCredentials, status, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData } from "@grpc/grpc-js";
import { createServer, type AddressInfo } from "node:net";
import { file_uptimeping_config_v1_config, GetCheckRequestSchema, CheckSchema, WatchChecksRequestSchema, CheckChangeSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { testCertificates } from "../../../testing/certificates.ts";
import { startFakeSite } from "../../../testing/fake_site.ts";
import { openSockets, tryCheck } from "../../../testing/run_check.ts";

const raw = (bytes: Buffer) => bytes;
const bytesOf = (value: unknown) => value as Buffer;
const method = (path: string, responseStream = false) => ({ path, requestStream: false, responseStream, requestSerialize: bytesOf, requestDeserialize: raw, responseSerialize: bytesOf, responseDeserialize: raw });

let health = 1;
let seen: Metadata | undefined;
let host = "";
let deadlineMs = 0;

async function startServer(credentials: ServerCredentials): Promise<{ server: Server; port: number }> {
  const server = new Server();
  server.addService(
    { Check: method("/grpc.health.v1.Health/Check") },
    {
      Check(call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) {
        seen = call.metadata;
        host = call.getHost();
        deadlineMs = Number(call.getDeadline()) - Date.now();
        if (call.request.toString().includes("unknown")) return done({ code: status.NOT_FOUND, details: "no such service" });
        if (call.request.toString().includes("slow")) return undefined;
        const trailers = new Metadata();
        trailers.set("x-trailer", "t");
        return done(null, Buffer.from([8, health]), trailers);
      },
    },
  );
  server.addService(
    { GetCheck: method("/uptimeping.config.v1.ConfigService/GetCheck"), WatchChecks: method("/uptimeping.config.v1.ConfigService/WatchChecks", true) },
    {
      GetCheck(call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) {
        const { id } = fromBinary(GetCheckRequestSchema, call.request);
        if (id === "broken") return done(null, Buffer.from([255, 255]));
        if (id === "large") return done(null, Buffer.from(toBinary(CheckSchema, create(CheckSchema, { name: "x".repeat(200_000) }))));
        return done(null, Buffer.from(toBinary(CheckSchema, create(CheckSchema, { id, name: "answer", version: 7, tags: { env: "prod" } }))));
      },
      WatchChecks(call: ServerWritableStream<Buffer, Buffer>) {
        fromBinary(WatchChecksRequestSchema, call.request);
        call.write(Buffer.from(toBinary(CheckChangeSchema, create(CheckChangeSchema, { change: { case: "deleted", value: "chk_1" } }))));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error ? reject(error) : resolve(bound))));
  return { server, port };
}

let plain: { server: Server; port: number };
beforeAll(async () => {
  plain = await startServer(ServerCredentials.createInsecure());
});
afterAll(() => plain.server.forceShutdown());

const tryGrpc = (target: object, rest: object = {}, environment: object = {}) =>
  tryCheck({ type: "grpc", target: { address: `127.0.0.1:${plain.port}`, ...target }, timeoutMs: 1_000, ...rest }, environment);

describe("health", () => {
  test("serving is up, with status, trailers and phases", async () => {
    health = 1;
    const run = await tryGrpc({}, { assertions: [{ source: "metadata", path: "X-Trailer", op: "eq", value: "t" }] });
    expect(run).toMatchObject({ status: "up", code: 0, error: undefined });
    expect(run.detail(true).observed).toMatchObject({ grpcStatus: 0, servingStatus: "SERVING", excerpt: '{"status":"SERVING"}' });
    expect(run.firstByteMs).toBeGreaterThan(0);
  });
  test("not serving is down", async () => {
    health = 2;
    const run = await tryGrpc({ service: "shop" });
    expect(run).toMatchObject({ status: "down", error: { kind: "grpc_status", message: 'serving status "NOT_SERVING", expected "SERVING"' } });
    health = 1;
  });
  test("a status other than 0 is down, and its message is shown", async () => {
    const run = await tryGrpc({ service: "unknown" });
    expect(run).toMatchObject({ status: "down", code: 5, error: { kind: "grpc_status", message: 'grpc status 5 NOT_FOUND, expected 0 OK: the server does not know the service "unknown"' } });
    expect(run.detail().observed.grpcMessage).toBe("no such service");
    expect((await tryGrpc({ service: "unknown" }, { assertions: [{ source: "grpc_status", op: "eq", value: 5 }, { source: "serving_status", op: "ne", value: "SERVING" }] })).status).toBe("up");
  });
  test("the deadline, metadata, the authority and a token travel along", async () => {
    await tryGrpc({ metadata: { "X-Env": "prod", "x-trace-bin": "AQI=", "user-agent": "mine" }, authority: "shop.example", auth: { type: "bearer", token: "t" } });
    expect(host).toBe("shop.example");
    expect(seen?.get("x-trace-bin")).toEqual([Buffer.from([1, 2])]);
    expect(seen?.get("user-agent")).toEqual(["mine"]);
    expect(seen?.get("x-env")).toEqual(["prod"]);
    expect(seen?.get("authorization")).toEqual(["Bearer t"]);
    expect(deadlineMs).toBeGreaterThan(0);
    expect(deadlineMs).toBeLessThanOrEqual(1_000);
  });
  test("no answer is a late response", async () => {
    const run = await tryGrpc({ service: "slow" }, { timeoutMs: 200 });
    // The server knows the deadline too and may be the first to say so.
    expect(["response_timeout", "grpc_status", "connection_reset"]).toContain(run.error!.kind);
    expect(run.status).toBe("down");
  });
});

describe("a call", () => {
  const files = new Map<string, FileDescriptorProto>();
  const collect = (file: typeof file_uptimeping_config_v1_config) => {
    for (const dependency of file.dependencies) collect(dependency);
    files.set(file.proto.name, file.proto);
  };
  collect(file_uptimeping_config_v1_config);
  const set = toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...files.values()] }));
  const environment = { descriptors: (id: string) => (id === "prt_1" ? Promise.resolve(set) : Promise.reject(new Error(`no proto set ${id}`))) };
  const call = (target: object, rest: object = {}) =>
    tryGrpc({ mode: "call", service: "uptimeping.config.v1.ConfigService", method: "GetCheck", protoSetId: "prt_1", ...target }, rest, environment);

  test("is made from JSON, and its answer is judged as JSON", async () => {
    const assertions = [
      { source: "json", path: "$.name", op: "eq", value: "answer" },
      { source: "json", path: "$.version", op: "gte", value: 7 },
      { source: "json", path: "$.tags.env", op: "eq", value: "prod" },
    ];
    const run = await call({ request: { id: "chk_9" } }, { assertions });
    expect(run.error).toBeUndefined();
    expect(run.detail(true).observed.excerpt).toContain('"id":"chk_9"');
    expect((await call({ request: { id: "x" } }, { assertions: [{ source: "json", path: "$.version", op: "lt", value: 7 }] })).error?.message).toBe("json $.version 7, expected less than 7");
  });
  test("may have an answer of many frames", async () => {
    expect(await call({ request: { id: "large" } })).toMatchObject({ status: "up", bodyBytes: 200_009 });
  });
  test("to a stream is answered by its first message", async () => {
    const run = await call({ method: "WatchChecks" }, { assertions: [{ source: "json", path: "$.deleted", op: "eq", value: "chk_1" }] });
    expect(run.error).toBeUndefined();
  });
  test("with an answer that is not the message is malformed", async () => {
    expect((await call({ request: { id: "broken" } })).error?.kind).toBe("http_malformed");
  });
  test("does not count the time that our own descriptors took, and is unknown when they do not come", async () => {
    const slow = { descriptors: async () => (await Bun.sleep(300), set) };
    const trial = { type: "grpc", target: { address: `127.0.0.1:${plain.port}`, mode: "call", service: "uptimeping.config.v1.ConfigService", method: "GetCheck", protoSetId: "prt_1" } };
    const run = await tryCheck({ ...trial, timeoutMs: 5_000 }, slow);
    expect(run.error).toBeUndefined();
    expect(run.latencyMs).toBeLessThan(250);
    expect(await tryCheck({ ...trial, timeoutMs: 100 }, slow)).toMatchObject({ status: "unknown", error: { kind: "internal", message: "descriptors of proto set prt_1 were not loaded within 100 ms" } });
  });
  test("that cannot be made says why, and nothing counts as down", async () => {
    const cases: [object, string, RegExp][] = [
      [{ method: "Nope" }, "config_invalid", /has no method Nope, only CreateCheck/],
      [{ service: "a.B" }, "config_invalid", /has no service a\.B/],
      [{ request: { idd: "x" } }, "config_invalid", /idd/],
      [{ protoSetId: "prt_2" }, "internal", /descriptors of proto set prt_2 were not loaded: no proto set prt_2/],
    ];
    for (const [target, kind, message] of cases) {
      const run = await call(target);
      expect(run.status).toBe("unknown");
      expect(run.error?.kind as string).toBe(kind);
      expect(run.error?.message).toMatch(message);
    }
  });
});

describe("a server that is none", () => {
  test("answers HTTP/1.1", async () => {
    await using site = await startFakeSite();
    const old = createServer((socket) => void socket.on("error", () => {}).once("data", () => void socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")));
    await new Promise<void>((resolve) => old.listen(0, "127.0.0.1", resolve));
    const run = await tryGrpc({ address: `127.0.0.1:${(old.address() as AddressInfo).port}` });
    old.close();
    expect(run.error).toEqual({ kind: "http_malformed", message: "the server answers HTTP/1.1, not HTTP/2" });
    expect(site.connections).toBe(0);
  });
  test("is closed, or refused, or closes at once", async () => {
    expect((await tryGrpc({ address: "127.0.0.1:1" })).error?.kind).toBe("connect_refused");
    await using site = await startFakeSite({ fault: "close_on_accept" });
    expect((await tryGrpc({ address: `127.0.0.1:${site.port}` })).error?.kind).toBe("connection_reset");
    await site.setBehaviour({ fault: "silent" });
    expect((await tryGrpc({ address: `127.0.0.1:${site.port}` }, { timeoutMs: 200 })).error).toEqual({ kind: "response_timeout", message: "no answer within 200 ms" });
  });
  test("passes the gate first", async () => {
    expect((await tryGrpc({}, {}, { privateAllowed: false })).error?.kind).toBe("target_forbidden");
  });
});

test("tls is spoken, verified, and h2 is agreed on", async () => {
  const { caPem, leaves } = testCertificates();
  const pair = { private_key: Buffer.from(leaves.good.keyPem), cert_chain: Buffer.from(leaves.good.certPem) };
  const secure = await startServer(ServerCredentials.createSsl(null, [pair]));
  const address = `localhost:${secure.port}`;
  const run = await tryGrpc({ address, tls: { caPem } });
  expect(run.error).toBeUndefined();
  expect(run.tlsMs).toBeGreaterThan(0);
  expect((await tryGrpc({ address, tls: true })).error?.kind).toBe("tls_untrusted");
  secure.server.forceShutdown();
});

test("no socket stays", async () => {
  await tryGrpc({});
  const before = openSockets();
  await Promise.all(Array.from({ length: 20 }, () => tryGrpc({})));
  for (let turn = 0; turn < 200 && openSockets() > before; turn++) await new Promise(setImmediate);
  expect(openSockets()).toBeLessThanOrEqual(before);
});
