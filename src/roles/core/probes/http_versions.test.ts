/** HTTP/2 against real servers of the runtime, and against one that misbehaves frame by frame. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createSecureServer, createServer as createH2cServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { testCertificates } from "../../../testing/certificates.ts";
import { startFakeSite } from "../../../testing/fake_site.ts";
import { frame } from "../../../testing/h2_frame.ts";
import { openSockets, tryCheck, type TrialCheck } from "../../../testing/run_check.ts";

interface Asked {
  headers: Record<string, string>;
  body: string;
}

let plain: Http2Server;
let secure: Http2Server;
let asked: Asked[] = [];
const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
const listening = (server: Http2Server) => new Promise<Http2Server>((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));

/** Answers by the path. */
function answer(stream: ServerHttp2Stream, headers: Record<string, string>): void {
  stream.on("error", () => {});
  const pieces: Buffer[] = [];
  stream.on("data", (piece: Buffer) => void pieces.push(piece));
  stream.on("end", () => {
    asked.push({ headers, body: Buffer.concat(pieces).toString() });
    const path = headers[":path"]!;
    if (path === "/moved") return stream.respond({ ":status": 302, location: "/there" }, { endStream: true });
    if (path === "/gone") return stream.respond({ ":status": 503 }, { endStream: true });
    if (path === "/silent") return;
    if (path === "/hints") stream.additionalHeaders({ ":status": 103, link: "</a>" });
    if (path === "/zipped") {
      stream.respond({ ":status": 200, "content-encoding": "gzip" });
      return void stream.end(gzipSync("hello there"));
    }
    if (path === "/trailers") {
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "1" }));
      return void stream.end("body");
    }
    stream.respond({ ":status": 200, "content-type": "application/json", "x-version": "2", "set-cookie": ["a=1", "b=2"] });
    if (path === "/large") return void stream.end(Buffer.alloc(3_000_000, "x"));
    if (path === "/endless") {
      const timer = setInterval(() => stream.write("x"), 20);
      return void stream.on("close", () => clearInterval(timer));
    }
    return void stream.end(headers[":method"] === "HEAD" ? undefined : '{"ok":true}');
  });
}

beforeAll(async () => {
  const { leaves } = testCertificates();
  plain = await listening(createH2cServer());
  secure = await listening(createSecureServer({ cert: leaves.good.certPem, key: leaves.good.keyPem }) as unknown as Http2Server);
  for (const server of [plain, secure]) server.on("stream", answer as never);
});
afterAll(() => {
  for (const server of [plain, secure]) server.close();
});

async function over(scheme: "http" | "https", path: string, target: object = {}, rest: Partial<TrialCheck> = {}) {
  asked = [];
  const url = scheme === "http" ? `http://127.0.0.1:${portOf(plain)}${path}` : `https://localhost:${portOf(secure)}${path}`;
  const tls = scheme === "https" ? { tls: { caPem: testCertificates().caPem } } : {};
  return tryCheck({ target: { url, httpVersion: "2", ...tls, ...target }, timeoutMs: 5_000, ...rest });
}

for (const scheme of ["http", "https"] as const) {
  describe(`over ${scheme}`, () => {
    test("an answer has the shape of one over HTTP/1.1, and says its version", async () => {
      const assertions = [
        { source: "json", path: "$.ok", op: "eq", value: true },
        { source: "header", path: "X-Version", op: "eq", value: "2" },
        { source: "body_bytes", op: "eq", value: 11 },
      ];
      const run = await over(scheme, "/page?q=1", {}, { assertions });
      expect(run).toMatchObject({ status: "up", code: 200, bodyBytes: 11 });
      for (const phase of ["connectMs", "firstByteMs", "transferMs"] as const) expect(run[phase]).toBeGreaterThanOrEqual(0);
      const { observed } = run.detail(true);
      expect(observed).toMatchObject({ status: 200, httpVersion: "2", excerpt: '{"ok":true}', headers: { "x-version": "2", "set-cookie": "a=***, b=***" } });
    });

    test("a request goes out as written, without what belongs to a connection", async () => {
      const headers = { "X-A": "1", Connection: "keep-alive", "Keep-Alive": "5", "Transfer-Encoding": "chunked", "Proxy-Connection": "x", Host: "shop.example", "Content-Length": "999" };
      await over(scheme, "/page?q=1", { method: "PUT", headers, body: { a: "ü" } });
      expect(asked[0]).toMatchObject({ body: '{"a":"ü"}', headers: { ":method": "PUT", ":path": "/page?q=1", ":scheme": scheme, ":authority": "shop.example", "x-a": "1", "content-length": "10", "content-type": "application/json" } });
      for (const name of ["connection", "keep-alive", "transfer-encoding", "proxy-connection", "host"]) expect(Object.keys(asked[0]!.headers)).not.toContain(name);
    });

    test("a body larger than the server's first windows arrives whole", async () => {
      const body = "ü".repeat(65_000);
      expect((await over(scheme, "/page", { method: "POST", body })).status).toBe("up");
      expect(asked[0]!.body.length).toBe(body.length);
      expect(asked[0]!.body === body).toBe(true);
    });

    test("redirects are followed, encodings taken off, hints and trailers passed over", async () => {
      expect((await over(scheme, "/moved")).detail().observed).toMatchObject({ status: 200, redirects: [{ status: 302 }] });
      expect(await over(scheme, "/zipped", {}, { assertions: [{ source: "body", op: "eq", value: "hello there" }] })).toMatchObject({ status: "up", bodyBytes: 11 });
      expect(await over(scheme, "/hints")).toMatchObject({ status: "up", code: 200 });
      expect(await over(scheme, "/trailers", {}, { assertions: [{ source: "body", op: "eq", value: "body" }] })).toMatchObject({ status: "up" });
      expect(await over(scheme, "/page", { method: "HEAD" })).toMatchObject({ status: "up", bodyBytes: 0 });
    });

    test("a large body is read to its end, up to maxBytes", async () => {
      expect(await over(scheme, "/large")).toMatchObject({ status: "up", bodyBytes: 3_000_000 });
      expect((await over(scheme, "/large", { maxBytes: 1_000_000 })).error).toEqual({ kind: "http_too_large", message: "response too large: more than 1000000 body bytes, at most 1000000 are read" });
    });

    test("failures have their exact kinds, in time, and no socket stays", async () => {
      await over(scheme, "/page");
      const before = openSockets();
      expect((await over(scheme, "/gone")).error).toEqual({ kind: "http_status", message: "status 503, expected 200-299" });
      expect((await over(scheme, "/silent", {}, { timeoutMs: 300 })).error).toEqual({ kind: "response_timeout", message: "no answer within 300 ms" });
      const endless = await over(scheme, "/endless", {}, { timeoutMs: 500 });
      expect(endless.error?.message).toMatch(/^response body was not complete within 500 ms: \d+ bytes so far$/);
      // The server's ends close a turn later.
      for (let turn = 0; turn < 1_000 && openSockets() > before; turn++) await new Promise(setImmediate);
      expect(openSockets()).toBeLessThanOrEqual(before);
    });
  });
}

describe("versions are agreed", () => {
  test("auto takes HTTP/2 where TLS offers it, else 1.1", async () => {
    expect((await over("https", "/page", { httpVersion: "auto" })).detail().observed.httpVersion).toBe("2");
    await using old = await startFakeSite({ tls: "good" });
    const target = { url: old.url, tls: { caPem: old.caPem }, httpVersion: "auto" };
    const run = await tryCheck({ target, timeoutMs: 5_000 });
    expect([run.status, run.detail().observed.httpVersion]).toEqual(["up", "1.1"]);
    await using site = await startFakeSite({ fault: "raw", raw: "HTTP/1.0 200 OK\r\n\r\nok" });
    expect((await tryCheck({ target: { url: site.url, httpVersion: "auto" } })).detail().observed.httpVersion).toBe("1.0");
  });

  test("a server that speaks only 1.1 is named as such", async () => {
    await using old = await startFakeSite({ tls: "good" });
    const run = await tryCheck({ target: { url: old.url, tls: { caPem: old.caPem }, httpVersion: "2" }, timeoutMs: 5_000 });
    expect(run.error).toEqual({ kind: "tls_handshake", message: "tls handshake failed: the server does not speak HTTP/2: it chose no protocol, not h2" });
    await using picky = await startPicky();
    const refused = await tryCheck({ target: { url: `https://localhost:${picky.port}/`, tls: { caPem: old.caPem }, httpVersion: "2" }, timeoutMs: 5_000 });
    expect(refused.error?.kind).toBe("tls_handshake");
    expect(refused.error?.message).toMatch(/it chose no protocol, not h2|none of the offered protocols/);
    await using site = await startFakeSite({ fault: "raw", raw: "HTTP/1.1 400 Bad Request\r\n\r\n" });
    expect((await tryCheck({ target: { url: site.url, httpVersion: "2" } })).error).toEqual({ kind: "http_malformed", message: "the server answers HTTP/1.1, not HTTP/2" });
    await using closing = await startFakeSite({ fault: "close_on_accept" });
    expect((await tryCheck({ target: { url: closing.url, httpVersion: "2" } })).error).toEqual({ kind: "connection_reset", message: "connection closed before an answer: the server may not speak HTTP/2" });
  });

  test("a server that speaks only HTTP/2 is no good over 1.1", async () => {
    const run = await over("http", "/page", { httpVersion: "1.1" }, { timeoutMs: 1_000 });
    expect(["http_malformed", "connection_reset", "response_timeout", "http_status"]).toContain(run.error!.kind);
  });
});

/** Offers only http/1.1 and refuses a client that does not. */
async function startPicky() {
  const { leaves } = testCertificates();
  const { createServer: createTlsServer } = await import("node:tls");
  const server = createTlsServer({ cert: leaves.good.certPem, key: leaves.good.keyPem, ALPNProtocols: ["http/1.1"] }, (socket) => void socket.on("error", () => {}));
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: portOf(server), [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())) };
}

describe("a server that misbehaves frame by frame", () => {
  const settings = frame(4, 0, 0);
  const ok = frame(1, 4, 1, Buffer.from([0x88]));
  const flood = (piece: Buffer) => (socket: Socket) => {
    const more = () => {
      while (!socket.destroyed) if (!socket.write(piece)) return void socket.once("drain", more);
    };
    more();
  };
  const send = (...frames: Buffer[]) => (socket: Socket) => void socket.write(Buffer.concat(frames));
  // A header of 4,000 bytes goes into the table, then every byte stands for it.
  const large = Buffer.concat([Buffer.from([0x40, 1]), Buffer.from("x"), Buffer.from([0x7f, 0xa1, 0x1e]), Buffer.alloc(4_000, "v")]);
  const bomb = Buffer.concat([Buffer.from([0x88]), large, Buffer.alloc(10_000, 0xbe)]);
  const goAway = Buffer.from([0, 0, 0, 0, 0, 0, 0, 11]);
  const cases: [string, (socket: Socket) => void, string, RegExp][] = [
    ["continues its headers for ever", (socket) => (send(settings, frame(1, 0, 1, Buffer.from([0x88])))(socket), flood(frame(9, 0, 1, Buffer.alloc(1_000, 0x88)))(socket)), "http_too_large", /head is larger than 65536 bytes/],
    ["continues with nothing for ever", (socket) => (send(settings, frame(1, 0, 1, Buffer.from([0x88])))(socket), flood(frame(9, 0, 1))(socket)), "http_too_large", /more HTTP\/2 frames/],
    ["sends headers that unfold", send(settings, frame(1, 4, 1, bomb)), "http_too_large", /head is larger than 65536 bytes/],
    ["hints for ever", (socket) => (send(settings)(socket), flood(frame(1, 4, 1, Buffer.concat([Buffer.from([0x08, 3]), Buffer.from("103")])))(socket)), "http_too_large", /head is larger|more HTTP\/2 frames/],
    ["pings for ever", (socket) => (send(settings)(socket), flood(frame(6, 0, 0, Buffer.alloc(8)))(socket)), "http_too_large", /more HTTP\/2 frames/],
    ["sends empty pieces for ever", (socket) => (send(settings, ok)(socket), flood(frame(0, 0, 1))(socket)), "http_too_large", /more HTTP\/2 frames/],
    ["sends a body for ever", (socket) => (send(settings, ok)(socket), flood(frame(0, 0, 1, Buffer.alloc(16_384)))(socket)), "http_too_large", /more than 10485760 body bytes/],
    ["resets the request", send(settings, frame(3, 0, 1, Buffer.from([0, 0, 0, 8]))), "connection_reset", /^request reset by the server: HTTP\/2 error 8 \(CANCEL\)$/],
    ["resets in the middle", send(settings, ok, frame(0, 0, 1, Buffer.from("abc")), frame(3, 0, 1, Buffer.from([0, 0, 0, 13]))), "connection_reset", /13 \(HTTP_1_1_REQUIRED\)/],
    ["goes away", send(settings, frame(7, 0, 0, goAway)), "connection_reset", /GOAWAY with error 11 \(ENHANCE_YOUR_CALM\)/],
    ["closes in the middle", (socket) => void socket.end(Buffer.concat([settings, ok, frame(0, 0, 1, Buffer.from("abc"))])), "connection_reset", /closed after 3 body bytes/],
    ["answers another stream", send(settings, frame(1, 4, 3, Buffer.from([0x88]))), "http_malformed", /stream 3/],
    ["has no status", send(settings, frame(1, 5, 1, Buffer.concat([Buffer.from([0, 1]), Buffer.from("x"), Buffer.from([1]), Buffer.from("y")]))), "http_malformed", /no status/],
    ["contradicts its length", send(settings, frame(1, 4, 1, Buffer.concat([Buffer.from([0x88, 0x0f, 0x0d, 1]), Buffer.from("5")])), frame(0, 1, 1, Buffer.from("abc"))), "http_malformed", /3 bytes with content-length 5/],
    ["begins with something else", send(Buffer.from("SSH-2.0-OpenSSH_9.2\r\n")), "http_malformed", /begins with "SSH-2.0/],
  ];
  for (const [what, misbehave, kind, message] of cases) {
    test(`${what}: ${kind}`, async () => {
      const server = createServer((socket) => {
        socket.on("error", () => {});
        socket.once("data", () => misbehave(socket));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const run = await tryCheck({ target: { url: `http://127.0.0.1:${portOf(server)}/`, httpVersion: "2" }, timeoutMs: 5_000 });
      expect(run.error?.message).toMatch(message);
      expect([run.status, run.error?.kind as string]).toEqual(["down", kind]);
      // Resolves only once every connection is gone.
      await new Promise((resolve) => server.close(resolve));
    });
  }
});
