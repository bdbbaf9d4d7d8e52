import { afterEach, describe, expect, test } from "bun:test";
import { createServer as createHttp2, createSecureServer, type ServerHttp2Stream } from "node:http2";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTls } from "node:tls";
import { deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { testCertificates } from "../../../testing/certificates.ts";
import { frame } from "../../../testing/h2_frame.ts";
import { descriptorSetOf } from "../../../testing/reflecting_server.ts";
import { tryCheck } from "../../../testing/run_check.ts";
import type { Run } from "../run.ts";

const opened: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});

function listen(server: Server): Promise<string> {
  opened.push(server);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  server.on("error", () => {}).on("sessionError", () => {});
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(`127.0.0.1:${(server.address() as AddressInfo).port}`)));
}

/** Answers every call as `serve` says. */
const http2 = (serve: (stream: ServerHttp2Stream) => void) =>
  listen(
    createHttp2().on("stream", (stream: ServerHttp2Stream) => {
      stream.on("error", () => {});
      serve(stream);
    }) as unknown as Server,
  );

/** Sends the bytes as soon as the client has said something. */
const raw = (bytes: Uint8Array, after: (socket: Socket) => void = () => {}) => listen(createServer((socket) => void socket.once("data", () => socket.write(bytes, () => after(socket)))));

const descriptorSet = Buffer.from(descriptorSetOf({ "s.proto": `syntax = "proto3"; package s; service S { rpc Watch(M) returns (stream M); } message M { string text = 1; }` })).toString("base64");
const check = (address: string, target: object = {}, rest: object = {}) => tryCheck({ type: "grpc", target: { address, ...target }, timeoutMs: 5_000, ...rest });
const watch = (address: string, rest: object = {}) => check(address, { mode: "call", service: "s.S", method: "Watch", descriptorSet }, rest);
const problemOf = (run: Run) => run.error && `${run.status} ${run.error.kind}: ${run.error.message}`;

const serving = Buffer.from([0, 0, 0, 0, 2, 8, 1]);
const grpcHeaders = { ":status": 200, "content-type": "application/grpc" };

/** Headers, data in pieces, trailers. */
function answer(stream: ServerHttp2Stream, pieces: Uint8Array[], trailers: Record<string, string> = { "grpc-status": "0" }, headers: Record<string, string | number> = grpcHeaders): void {
  stream.respond(headers, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  const next = () => {
    const piece = pieces.shift();
    if (piece) stream.write(piece, () => void setImmediate(next));
    else stream.end();
  };
  next();
}

const field = (name: string, value: string) => Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]);
const settings = frame(4, 0, 0);
const headersFrame = frame(1, 4, 1, Buffer.concat([Buffer.from([0x88]), field("content-type", "application/grpc")]));
const trailersFrame = frame(1, 5, 1, field("grpc-status", "0"));
const whole = Buffer.concat([settings, headersFrame, frame(0, 0, 1, serving), trailersFrame]);
const goAway = (last: number, code: number, said = "") => {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(last);
  payload.writeUInt32BE(code, 4);
  return frame(7, 0, 0, Buffer.concat([payload, Buffer.from(said)]));
};
const reset = (code: number) => frame(3, 0, 1, Buffer.from([0, 0, 0, code]));

describe("answers that are right", () => {
  test("a message in many pieces, with every header a server may add", async () => {
    const address = await http2((stream) => answer(stream, [...serving].map((byte) => Buffer.from([byte])), { "grpc-status": "0", "x-checksum-bin": "AQI" }, { ...grpcHeaders, "content-type": "application/grpc+proto", "x-served-by": "a" }));
    const assertions = [{ source: "metadata", path: "x-served-by", op: "eq", value: "a" }, { source: "metadata", path: "x-checksum-bin", op: "eq", value: "AQI=" }, { source: "body_bytes", op: "eq", value: 7 }];
    const run = await check(address, {}, { assertions });
    expect(run.error).toBeUndefined();
    expect(run.detail().observed.metadata).toMatchObject({ "x-checksum-bin": "AQI=" });
  });
  for (const [encoding, bytes] of [["gzip", gzipSync(Buffer.from([8, 1]))], ["deflate", deflateSync(Buffer.from([8, 1]))]] as const) {
    test(`a message in ${encoding}, though it was not asked for`, async () => {
      const prefix = Buffer.from([1, 0, 0, 0, bytes.length]);
      const address = await http2((stream) => answer(stream, [Buffer.concat([prefix, bytes])], { "grpc-status": "0" }, { ...grpcHeaders, "grpc-encoding": encoding }));
      expect((await check(address)).error).toBeUndefined();
    });
  }
  test("a farewell before the answer, as long as the answer comes", async () => {
    const address = await raw(Buffer.concat([settings, goAway(1, 0), headersFrame, frame(0, 0, 1, serving), trailersFrame]), (socket) => socket.end());
    expect((await check(address)).error).toBeUndefined();
  });
  test("an interim response before the real one", async () => {
    const early = frame(1, 4, 1, field(":status", "103"));
    expect((await check(await raw(Buffer.concat([settings, early, headersFrame, frame(0, 0, 1, serving), trailersFrame])))).error).toBeUndefined();
  });
});

describe("a status without a message", () => {
  test("in trailers alone, with its words decoded", async () => {
    const address = await http2((stream) => stream.respond({ ...grpcHeaders, "grpc-status": "7", "grpc-message": "not today%2C %C3%A4ber" }, { endStream: true }));
    const run = await check(address);
    expect(problemOf(run)).toBe("down grpc_status: grpc status 7 PERMISSION_DENIED, expected 0 OK: not today, äber");
    expect(run.detail().observed).toMatchObject({ grpcStatus: 7, grpcMessage: "not today, äber" });
    expect((await check(address, {}, { assertions: [{ source: "grpc_status", op: "in", value: ["PERMISSION_DENIED"] }, { source: "serving_status", op: "ne", value: "SERVING" }] })).status).toBe("up");
  });
  test("whose words are not well formed is shown as it came", async () => {
    const run = await check(await http2((stream) => stream.respond({ ...grpcHeaders, "grpc-status": "2", "grpc-message": "100%" }, { endStream: true })));
    expect(run.error?.message).toBe("grpc status 2 UNKNOWN, expected 0 OK: 100%");
  });
  for (const [code, kind, said] of [[2, 13, "13 INTERNAL"], [7, 14, "14 UNAVAILABLE"], [8, 1, "1 CANCELLED"], [11, 8, "8 RESOURCE_EXHAUSTED"], [12, 7, "7 PERMISSION_DENIED"]] as const) {
    test(`by a reset with HTTP/2 error ${code}`, async () => {
      const address = await raw(Buffer.concat([settings, reset(code)]));
      const run = await check(address);
      expect(run.code).toBe(kind);
      expect(problemOf(run)).toStartWith(`down grpc_status: grpc status ${said}, expected 0 OK: request reset by the server: HTTP/2 error ${code} `);
      expect((await check(address, {}, { assertions: [{ source: "grpc_status", op: "eq", value: kind }, { source: "serving_status", op: "ne", value: "SERVING" }] })).status).toBe("up");
    });
  }
  test("of a health service that is not there", async () => {
    const run = await check(await http2((stream) => stream.respond({ ...grpcHeaders, "grpc-status": "12" }, { endStream: true })));
    expect(problemOf(run)).toBe("down grpc_status: grpc status 12 UNIMPLEMENTED, expected 0 OK: the server has no health service grpc.health.v1.Health");
  });
});

describe("what is no gRPC answer", () => {
  const page = "<html>bad gateway</html>";
  const table: [string, () => Promise<string>, string][] = [
    ["the page of a proxy", () => http2((stream) => (stream.respond({ ":status": 502, "content-type": "text/html" }), stream.end(page))), "down http_status: http status 502, expected 200"],
    ["a page without an end", () => http2((stream) => (stream.respond({ ":status": 502, "content-type": "text/html" }), stream.write("x".repeat(5_000)))), "down http_status: http status 502, expected 200"],
    ["a page with status 200", () => http2((stream) => (stream.respond({ ":status": 200, "content-type": "text/html" }), stream.end(page))), 'down http_malformed: the answer is "text/html", not application/grpc: the server speaks HTTP/2, but not gRPC'],
    ["no status at all", () => http2((stream) => (stream.respond(grpcHeaders), stream.end(serving))), "down http_malformed: malformed response: it has no grpc-status"],
    ["a status before the data", () => http2((stream) => (stream.respond({ ...grpcHeaders, "grpc-status": "0" }), stream.end(serving))), "down http_malformed: malformed response: its grpc-status stands before the data, not in the trailers"],
    ["a status that is none", () => http2((stream) => answer(stream, [serving], { "grpc-status": "fine" })), 'down http_malformed: malformed response: grpc-status "fine"'],
    ["no message", () => http2((stream) => answer(stream, [])), "down http_malformed: malformed response: it has no message"],
    ["half a message", () => http2((stream) => answer(stream, [serving.subarray(0, 6)])), "down http_malformed: malformed response: its message broke off after 6 bytes"],
    ["two messages", () => http2((stream) => answer(stream, [serving, serving])), "down http_malformed: malformed response: more than one message"],
    ["a message larger than anything", () => http2((stream) => answer(stream, [Buffer.from([0, 255, 255, 255, 255])])), "down http_too_large: response too large: a message of 4294967295 bytes, at most 4194304 are read"],
    ["a compression that nobody named", () => http2((stream) => answer(stream, [Buffer.from([1, 0, 0, 0, 2, 8, 1])])), 'down http_malformed: malformed response: a compressed message with grpc-encoding "identity"'],
    ["a compressed bomb", () => bomb(), "down http_too_large: response too large: its gzip body of"],
    ["a message of another kind", () => http2((stream) => answer(stream, [Buffer.from([0, 0, 0, 0, 2, 9, 1])])), "down http_malformed: malformed response: the answer is not a health check response"],
    ["a farewell instead of an answer", () => raw(Buffer.concat([settings, goAway(0, 0)])), "down connection_reset: request refused by the server: HTTP/2 GOAWAY with error 0 (NO_ERROR)"],
    ["a farewell in anger", () => raw(Buffer.concat([settings, goAway(1, 11, "too_many_pings")])), "down connection_reset: request refused by the server: HTTP/2 GOAWAY with error 11 (ENHANCE_YOUR_CALM): too_many_pings"],
    ["an end in the middle", () => raw(Buffer.concat([settings, headersFrame]), (socket) => socket.end()), "down connection_reset: connection closed before an answer"],
    ["HTTP/1.1", () => raw(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\nno")), "down http_malformed: the server answers HTTP/1.1, not HTTP/2"],
    ["data on a stream of its own", () => raw(Buffer.concat([settings, frame(0, 0, 5, serving)])), "down http_malformed: malformed response: data of stream 5, which was not opened"],
    ["empty data for ever", () => raw(Buffer.concat([settings, headersFrame, ...Array.from({ length: 1_100 }, () => frame(0, 0, 1))])), "down http_too_large: response too large: more HTTP/2 frames than any answer needs"],
  ];
  for (const [what, start, expected] of table) test(what, async () => expect(problemOf(await check(await start()))).toStartWith(expected));

  async function bomb(): Promise<string> {
    const bytes = gzipSync(Buffer.alloc(50_000_000));
    const prefix = Buffer.alloc(5);
    prefix[0] = 1;
    prefix.writeUInt32BE(bytes.length, 1);
    return http2((stream) => answer(stream, [Buffer.concat([prefix, bytes])], { "grpc-status": "0" }, { ...grpcHeaders, "grpc-encoding": "gzip" }));
  }

  test("is shown as it came", async () => {
    const run = await check(await http2((stream) => (stream.respond({ ":status": 502, "content-type": "text/html" }), stream.end(page))));
    expect(run.code).toBe(14);
    expect(run.detail().observed).toMatchObject({ httpStatus: 502, excerpt: page });
    expect((await check(await raw(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\nno")))).detail().observed.excerpt).toBe("HTTP/1.1 400 Bad Request\n\nno");
  });
});

describe("a stream", () => {
  test("is answered by its first message, however it goes on", async () => {
    const message = Buffer.from([0, 0, 0, 0, 3, 10, 1, 65]);
    const run = await watch(await http2((stream) => (stream.respond(grpcHeaders), stream.write(Buffer.concat([message, Buffer.from([0, 0])])))), { assertions: [{ source: "json", path: "$.text", op: "eq", value: "A" }] });
    expect(run.error).toBeUndefined();
  });
  test("that ends without a message is down and says so", async () => {
    expect(problemOf(await watch(await http2((stream) => answer(stream, []))))).toBe("down assertion_failed: the stream ended without a message");
  });
  test("of a proxy's page is the page's status", async () => {
    expect(problemOf(await watch(await http2((stream) => (stream.respond({ ":status": 503, "content-type": "text/html" }), stream.end("<html>")))))).toBe("down http_status: http status 503, expected 200");
  });
});

describe("TLS on one side only", () => {
  const { caPem, leaves } = testCertificates();
  const pair = { key: leaves.good.keyPem, cert: leaves.good.certPem };

  test("plain text to a TLS port", async () => {
    const run = await check(await listen(createTls({ ...pair, ALPNProtocols: ["h2"] })));
    expect(["http_malformed", "connection_reset"]).toContain(run.error!.kind);
    expect(run.error!.message).toMatch(/speaks TLS.*switch/);
    expect(problemOf(await check(await raw(Buffer.from([21, 3, 1, 0, 2, 2, 70]))))).toBe("down http_malformed: the port speaks TLS: switch tls on");
    expect(problemOf(await check(await raw(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port"))))).toBe("down http_malformed: the port speaks TLS: switch tls on");
  });
  test("TLS to a plain port", async () => {
    expect(problemOf(await check(await http2((stream) => answer(stream, [serving])), { tls: true }))).toBe("down tls_handshake: tls handshake failed: the port does not speak TLS: switch tls off");
  });
  test("a server that speaks HTTP/1.1 only", async () => {
    const address = (await listen(createTls({ ...pair, ALPNProtocols: ["http/1.1"] }))).replace("127.0.0.1", "localhost");
    expect(problemOf(await check(address, { tls: { caPem } }))).toBe("down tls_handshake: tls handshake failed: the server does not speak HTTP/2 (NO_APPLICATION_PROTOCOL)");
  });
  test("a client certificate is shown where it is asked for, and its lack is a failed handshake", async () => {
    const secure = createSecureServer({ ...pair, ca: caPem, requestCert: true, rejectUnauthorized: true }).on("stream", (stream: ServerHttp2Stream) => answer(stream, [serving]));
    const address = (await listen(secure as unknown as Server)).replace("127.0.0.1", "localhost");
    const run = await check(address, { tls: { caPem, ...leaves.client } }, { assertions: [{ source: "certificate_days", op: "gt", value: 1 }, { source: "phase", path: "tls", op: "gt", value: 0 }, { source: "latency", op: "lt", value: 5_000 }] });
    expect(run.error).toBeUndefined();
    expect(["tls_handshake", "connection_reset"]).toContain((await check(address, { tls: { caPem } })).error!.kind);
  });
});

test("whatever bytes come, an attempt ends with a status, and none is unknown", async () => {
  let next: Uint8Array = Buffer.alloc(0);
  const address = await listen(createServer((socket) => void socket.once("data", () => socket.end(next))));
  const anyFrame = fc.tuple(fc.constantFrom(0, 0, 1, 1, 3, 4, 7, 9), fc.nat(255), fc.uint8Array({ maxLength: 60 })).map(([type, flags, payload]) => frame(type, flags, 1, payload));
  const pieces = fc.array(fc.oneof(anyFrame, fc.uint8Array({ maxLength: 60 }), fc.constant(headersFrame), fc.constant(trailersFrame), fc.uint8Array({ maxLength: 40 }).map((bytes) => frame(0, 0, 1, bytes)), fc.constant(whole)), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(pieces, fc.boolean(), async (all, isStream) => {
      next = Buffer.concat([settings, ...all]);
      const run = await (isStream ? watch(address) : check(address));
      expect(["up", "down"]).toContain(run.status);
      expect(() => JSON.stringify(run.detail(true))).not.toThrow();
    }),
    { numRuns: 300 },
  );
}, 60_000);
