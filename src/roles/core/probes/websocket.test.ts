import { afterAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { testCertificates } from "../../../testing/certificates.ts";
import { openSockets, tryCheck, type TrialCheck } from "../../../testing/run_check.ts";
import { closePayload, encodeFrame, opcodes, WebSocketReader, type WebSocketEvent } from "../net/websocket_frames.ts";

const { caPem, leaves } = testCertificates();

/** What the honest server was told at the end of each connection. */
const closes: { code: number; reason: string }[] = [];
const requests: Request[] = [];

const honest = (tls?: { cert: string; key: string }) =>
  Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    tls,
    fetch(request, server) {
      requests.push(request);
      const { pathname } = new URL(request.url);
      if (pathname === "/private") return new Response("who are you?", { status: 401, headers: { "www-authenticate": "Bearer" } });
      if (pathname === "/page") return new Response("<html>");
      const headers = { "x-served-by": "test", ...(pathname === "/chat" && { "sec-websocket-protocol": "chat.v2" }) };
      return server.upgrade(request, { headers, data: pathname }) ? undefined : new Response("no", { status: 400 });
    },
    websocket: {
      data: "" as string,
      open(socket) {
        if (socket.data === "/greets") socket.send('{"ready":true}');
        if (socket.data === "/bytes") socket.send(new Uint8Array([255, 0, 1]));
        if (socket.data === "/closes") socket.close(1008, "not today");
      },
      message(socket, message) {
        socket.send("noise");
        socket.send(typeof message === "string" ? `echo ${message}` : message);
      },
      close(_socket, code, reason) {
        closes.push({ code, reason });
      },
    },
  });
const plain = honest();
const secure = honest({ cert: leaves.good.certPem, key: leaves.good.keyPem });
const servers: Server[] = [];
afterAll(async () => {
  servers.forEach((server) => server.close());
  await Promise.all([plain.stop(true), secure.stop(true)]);
});

const tryWebSocket = (url: string, target: object = {}, rest: Partial<TrialCheck> = {}) => tryCheck({ type: "websocket", target: { url, ...target }, timeoutMs: 5_000, ...rest });
const at = (path: string) => `ws://127.0.0.1:${plain.port}${path}`;
const briefly = { timeoutMs: 300 };
const asserting = (source: string, op: string, value?: unknown, path?: string) => ({ assertions: [{ source, op, value, path }] });

describe("a handshake", () => {
  test("is up, with its phases and headers, and ends with a close of 1000", async () => {
    closes.length = 0;
    const run = await tryWebSocket(at("/"));
    expect(run).toMatchObject({ status: "up", code: 101, error: undefined });
    expect(run.connectMs).toBeGreaterThan(0);
    expect(run.firstByteMs).toBeGreaterThan(0);
    expect(run.detail().observed).toMatchObject({ status: 101, headers: { "x-served-by": "test" } });
    for (let turn = 0; turn < 1_000 && closes.length === 0; turn++) await new Promise(setImmediate);
    expect(closes).toEqual([{ code: 1000, reason: "" }]);
  });
  test("carries headers, and asks for no extension", async () => {
    requests.length = 0;
    await tryWebSocket(at("/"), { headers: { Authorization: "Bearer x", Origin: "https://shop.example" } });
    const { headers } = requests[0]!;
    expect(headers.get("authorization")).toBe("Bearer x");
    expect(headers.get("origin")).toBe("https://shop.example");
    expect(headers.get("sec-websocket-extensions")).toBeNull();
    expect(headers.get("sec-websocket-key")).toMatch(/^[\w+/]{22}==$/);
  });
  test("over TLS, with its certificate", async () => {
    const url = `wss://localhost:${secure.port}/`;
    const run = await tryWebSocket(url, { resolve: "127.0.0.1", tls: { caPem }, steps: [{ send: "hi", expect: { text: "echo hi" } }] });
    expect(run.error).toBeUndefined();
    expect(run.tlsMs).toBeGreaterThan(0);
    expect(run.detail().observed.certificate).toBeDefined();
    expect((await tryWebSocket(url, { resolve: "127.0.0.1" })).error?.kind).toBe("tls_untrusted");
    expect((await tryWebSocket(url, { resolve: "127.0.0.1", tls: { caPem } }, asserting("certificate_days", "gt", 100_000))).error?.message).toMatch(/^certificate days left \d+, expected more than 100000$/);
  });
  test("that is refused has a status, and can be what is expected", async () => {
    const run = await tryWebSocket(at("/private"), { steps: [{ send: "x", expect: { text: "y" } }] });
    expect(run).toMatchObject({ status: "down", code: 401, error: { kind: "http_status", message: "status 401, expected 101" } });
    expect(run.detail().observed).toMatchObject({ status: 401, excerpt: "who are you?", headers: { "www-authenticate": "Bearer" } });
    expect((await tryWebSocket(at("/private"), {}, asserting("status", "eq", 401))).status).toBe("up");
    expect((await tryWebSocket(at("/private"), {}, asserting("header", "eq", "Bearer", "WWW-Authenticate"))).error?.kind).toBe("http_status");
    expect((await tryWebSocket(at("/page"))).error).toEqual({ kind: "http_status", message: "status 200, expected 101" });
    expect((await tryWebSocket(at("/"), {}, asserting("status", "eq", 401))).error?.message).toBe("status 101, expected 401");
  });
  test("chooses one of the subprotocols", async () => {
    const run = await tryWebSocket(at("/chat"), { subprotocols: ["chat.v3", "chat.v2"] }, asserting("subprotocol", "eq", "chat.v2"));
    expect(run.error).toBeUndefined();
    expect(run.detail().observed.subprotocol).toBe("chat.v2");
    const silent = await serveRaw(accepting);
    expect((await tryWebSocket(silent, { subprotocols: ["a"] })).status).toBe("up");
    expect((await tryWebSocket(silent, { subprotocols: ["a"] }, asserting("subprotocol", "exists"))).error?.message).toBe("subprotocol is missing");
  });
  test("passes the gate like every target", async () => {
    expect((await tryWebSocket("ws://169.254.169.254/")).error?.kind).toBe("target_forbidden");
    expect((await tryWebSocket("ws://127.0.0.1:1/")).error?.kind).toBe("connect_refused");
  });
});

describe("messages", () => {
  test("are waited for step by step, and others passed over", async () => {
    const steps = [{ send: "one", expect: { text: "echo one" } }, { sendHex: "00ff", expect: { bytesHex: "00ff" } }, { send: "drei", expect: { regex: "^echo d.ei$" } }];
    const run = await tryWebSocket(at("/"), { steps });
    expect(run.error).toBeUndefined();
    expect(run.transferMs).toBeGreaterThan(0);
    const ms = expect.any(Number) as number;
    expect(run.detail().observed.dialogue).toEqual([
      { step: "step 1", sent: "one", received: "echo one", ms },
      { step: "step 2", sentHex: "00ff", receivedHex: "00ff", ms },
      { step: "step 3", sent: "drei", received: "echo drei", ms },
    ]);
  });
  test("name the step that got another or none", async () => {
    const other = await tryWebSocket(at("/"), { steps: [{ send: "a", expect: { text: "echo b" } }] }, briefly);
    expect(other.error).toEqual({ kind: "response_timeout", message: 'step 1 failed: expected "echo b", received "echo a" within 300 ms' });
    const none = await tryWebSocket(at("/"), { steps: [{ expect: { text: "b" } }] }, briefly);
    expect(none.error).toEqual({ kind: "response_timeout", message: 'step 1 failed: no message within 300 ms, expected "b"' });
  });
  test("can be asserted on: the first that comes, as text and as JSON", async () => {
    expect((await tryWebSocket(at("/greets"), {}, asserting("message", "contains", "ready"))).status).toBe("up");
    expect((await tryWebSocket(at("/greets"), {}, asserting("json", "eq", true, "$.ready"))).status).toBe("up");
    expect((await tryWebSocket(at("/greets"), {}, asserting("json", "eq", false, "$.ready"))).error?.message).toBe("json $.ready true, expected false");
    expect((await tryWebSocket(at("/bytes"), {}, asserting("message", "eq", "ff0001"))).status).toBe("up");
    expect((await tryWebSocket(at("/"), {}, { ...asserting("message", "exists"), ...briefly })).error).toEqual({ kind: "response_timeout", message: "no message within 300 ms" });
  });
  test("can be asserted on: the last one after steps", async () => {
    const steps = [{ send: "a", expect: { text: "echo" } }];
    expect((await tryWebSocket(at("/"), { steps }, asserting("message", "eq", "echo a"))).status).toBe("up");
  });
  test("that a close comes before are missed, and the close is named", async () => {
    const run = await tryWebSocket(at("/closes"), { steps: [{ expect: { text: "hello" } }] });
    expect(run.error).toEqual({ kind: "connection_reset", message: 'step 1 failed: the server closed with 1008 "not today" before "hello"' });
    expect((await tryWebSocket(at("/closes"), {}, asserting("message", "exists"))).error?.message).toBe('the server closed with 1008 "not today" before a message');
  });
});

/** A server of raw bytes: `answer` makes the head from the key, `then` says the rest. */
async function serveRaw(answer: (accept: string) => string | Uint8Array, then: (socket: Socket) => void = () => {}): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (bytes) => {
      const key = /sec-websocket-key: (\S+)/i.exec(bytes.toString())?.[1] ?? "";
      socket.write(answer(createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")));
      then(socket);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const accepting = (accept: string, more = "") => `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`;
const waiting = { steps: [{ expect: { text: "never" } }] };

describe("a handshake that is wrong", () => {
  const table: [string, (accept: string) => string, string][] = [
    ["the answer to another key", () => accepting("AAAA"), 'Sec-WebSocket-Accept "AAAA" is not the answer to the key'],
    ["no answer to the key", () => "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 'Sec-WebSocket-Accept "" is not the answer to the key'],
    ["another protocol", (accept) => accepting(accept).replace("Upgrade: websocket", "Upgrade: h2c"), 'Upgrade "h2c", expected "websocket"'],
    ["no upgrade of the connection", (accept) => accepting(accept).replace("keep-alive, Upgrade", "keep-alive"), 'Connection "keep-alive", expected "Upgrade"'],
    ["an extension", (accept) => accepting(accept, "Sec-WebSocket-Extensions: permessage-deflate\r\n"), 'Sec-WebSocket-Extensions "permessage-deflate", although none was offered'],
    ["a subprotocol that was not offered", (accept) => accepting(accept, "Sec-WebSocket-Protocol: b\r\n"), 'Sec-WebSocket-Protocol "b" is none of those offered'],
  ];
  for (const [what, answer, problem] of table) {
    test(what, async () => {
      const run = await tryWebSocket(await serveRaw(answer), { subprotocols: ["a"] });
      expect(run.error).toEqual({ kind: "http_malformed", message: `malformed handshake: ${problem}` });
    });
  }
  test("no HTTP at all", async () => {
    expect((await tryWebSocket(await serveRaw(() => "SSH-2.0-Open\r\n"))).error?.kind).toBe("http_malformed");
  });
  test("one that is slow, silent, or broken off", async () => {
    const slow = await serveRaw(() => "HTTP/1.1 101 X\r\nX-A:");
    expect((await tryWebSocket(slow, {}, briefly)).error).toEqual({ kind: "response_timeout", message: "handshake was not complete within 300 ms" });
    expect((await tryWebSocket(await serveRaw(() => ""), {}, briefly)).error).toEqual({ kind: "response_timeout", message: "no answer within 300 ms" });
    const closing = await serveRaw(() => "HTTP/1.1 101 X\r\n", (socket) => void socket.end());
    expect((await tryWebSocket(closing)).error).toEqual({ kind: "connection_reset", message: "connection closed in the middle of the response head" });
  });
});

describe("a server that breaks the protocol", () => {
  const frame = (words: string) => encodeFrame(opcodes.text, Buffer.from(words));
  const sending = (...frames: Uint8Array[]) => serveRaw((accept) => Buffer.concat([Buffer.from(accepting(accept)), ...frames]));
  test("may send its first message with the handshake, in pieces and after pings", async () => {
    const url = await sending(encodeFrame(opcodes.ping, Buffer.from("?")), encodeFrame(opcodes.text, Buffer.from("ne"), undefined, false), encodeFrame(opcodes.continuation, Buffer.from("ver")));
    expect((await tryWebSocket(url, waiting)).status).toBe("up");
  });
  const table: [string, Uint8Array, string, string][] = [
    ["masks its frames", encodeFrame(opcodes.text, Buffer.from("a"), Buffer.from([1, 2, 3, 4])), "http_malformed", "a masked frame from a server"],
    ["sets reserved bits", Buffer.from([0xc1, 0]), "http_malformed", "a reserved bit is set"],
    ["sends what is no text", encodeFrame(opcodes.text, Buffer.from([255])), "http_malformed", "a text that is not UTF-8"],
    ["sends a frame of 1 GiB", Buffer.from([0x82, 127, 0, 0, 0, 0, 64, 0, 0, 0]), "http_too_large", "a message of more than 1048576 bytes"],
  ];
  for (const [what, bytes, kind, problem] of table) {
    test(`${what}: ${kind}`, async () => {
      const run = await tryWebSocket(await sending(bytes), waiting);
      expect(run.error as unknown).toEqual({ kind, message: `websocket failed: the server sent ${problem}` });
    });
  }
  test("is told with a close frame what was wrong", async () => {
    const heard = Promise.withResolvers<WebSocketEvent>();
    const reader = new WebSocketReader((event) => (heard.resolve(event), true), true);
    const url = await serveRaw((accept) => Buffer.concat([Buffer.from(accepting(accept)), Buffer.from([0xc1, 0])]), (socket) => void socket.on("data", (bytes: Buffer) => void reader.push(bytes)));
    await tryWebSocket(url, waiting);
    expect(await heard.promise).toEqual({ type: "close", code: 1002, reason: "" });
  });

  const flooding = (bytes: Uint8Array) =>
    serveRaw(accepting, (socket) => {
      const more = () => {
        while (!socket.destroyed) if (!socket.write(bytes)) return void socket.once("drain", more);
      };
      more();
    });
  test("and floods is cut: fragments, pings, empty messages, messages that do not match", async () => {
    const start = encodeFrame(opcodes.text, Buffer.from("x"), undefined, false);
    const fragments = await serveRaw((accept) => Buffer.concat([Buffer.from(accepting(accept)), start, ...Array.from({ length: 20 }, () => encodeFrame(opcodes.continuation, Buffer.alloc(60_000), undefined, false))]));
    expect((await tryWebSocket(fragments, waiting)).error?.kind).toBe("http_too_large");
    const pings = await tryWebSocket(await flooding(encodeFrame(opcodes.ping, Buffer.alloc(125))), waiting);
    expect(pings.error).toEqual({ kind: "http_malformed", message: "websocket failed: the server sent more than 1000 pings and pongs" });
    expect((await tryWebSocket(await flooding(Buffer.alloc(2_000, frame(""))), waiting)).error?.message).toBe("websocket failed: the server sent more than 65536 frames");
    expect((await tryWebSocket(await flooding(frame("x".repeat(60_000))), waiting)).error).toEqual({ kind: "http_too_large", message: 'step 1 failed: more than 10485760 bytes without "never"' });
  });
  test("or goes away is named", async () => {
    const closing = await serveRaw(accepting, (socket) => void socket.end());
    expect((await tryWebSocket(closing, waiting)).error).toEqual({ kind: "connection_reset", message: 'step 1 failed: connection closed without a close frame before "never"' });
    const resetting = await serveRaw(accepting, (socket) => void socket.resetAndDestroy());
    expect((await tryWebSocket(resetting, waiting)).error?.kind).toBe("connection_reset");
    const wordless = await sending(encodeFrame(opcodes.close, Buffer.alloc(0)));
    expect((await tryWebSocket(wordless, waiting)).error?.message).toBe('step 1 failed: the server closed without a code before "never"');
    const polite = await sending(frame("something else"), encodeFrame(opcodes.close, closePayload(4000, "bye")));
    expect((await tryWebSocket(polite, waiting)).error?.message).toBe('step 1 failed: the server closed with 4000 "bye" before "never"');
  });
});

test("no socket stays", async () => {
  const before = openSockets();
  await Promise.all(Array.from({ length: 20 }, () => tryWebSocket(at("/"), { steps: [{ send: "a", expect: { text: "echo a" } }] })));
  for (let turn = 0; turn < 1_000 && openSockets() > before; turn++) await new Promise(setImmediate);
  expect(openSockets()).toBeLessThanOrEqual(before);
});
