/**
 * A real target on a real socket that misbehaves on command. It speaks HTTP by hand, because an honest server library
 * would refuse to say most of this.
 */
import { createServer, type AddressInfo, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { gzipSync } from "node:zlib";
import { testCertificates, type CertificateName } from "./certificates.ts";

/** What the site does wrong; without one it answers as `status`, `headers` and `body` say. */
export type Fault =
  | "refuse" // nobody listens
  | "silent" // accepts and never answers
  | "reset_on_accept"
  | "close_on_accept"
  | "reset_mid_head"
  | "reset_mid_body"
  | "close_mid_body"
  | "slow_head" // one byte of the head every 50 ms
  | "drip_body" // one byte of the body every 50 ms
  | "endless_head"
  | "endless_body"
  | "endless_interim" // 103 for ever
  | "no_length" // neither a length nor a close
  | "event_stream" // server-sent events for ever
  | "gzip_bomb"
  | "bad_gzip"
  | "redirect_loop"
  | "endless_redirects"
  | "raw" // `raw` as it is, then close
  | "greet" // `raw` as it is at once, without waiting for a request, then close
  | "interrupt"; // `raw` as it is in answer to whatever comes first, then close

export interface Behaviour {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Waits before the TLS handshake, before the first byte of the answer, and between head and body. */
  tlsDelayMs?: number;
  firstByteDelayMs?: number;
  bodyDelayMs?: number;
  fault?: Fault;
  raw?: string;
  /** Decides per request; what it answers is laid over the rest. */
  respond?: (request: SiteRequest) => Partial<Behaviour>;
}

export interface SiteRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface FakeSiteOptions extends Behaviour {
  host?: string;
  port?: number;
  /** Serves TLS with this certificate. */
  tls?: CertificateName;
  asksForClientCertificate?: boolean;
  maxTlsVersion?: "TLSv1" | "TLSv1.1" | "TLSv1.2";
  /** Protocols that it agrees to by ALPN. */
  protocols?: string[];
}

export interface FakeSite extends AsyncDisposable {
  /** `http://127.0.0.1:port`, or `https://localhost:port`. */
  url: string;
  host: string;
  port: number;
  /** For a client that is to trust the site's certificate. */
  caPem: string;
  /** What was asked, oldest first. */
  requests: SiteRequest[];
  /** Connections accepted since the start. */
  connections: number;
  /** Connections open now. */
  open: number;
  /** From now on the site behaves like this, and only like this. Resolves when it does. */
  setBehaviour(behaviour: Behaviour): Promise<void>;
  close(): Promise<void>;
}

export async function startFakeSite(options: FakeSiteOptions = {}): Promise<FakeSite> {
  const { host = "127.0.0.1", port = 0, tls, asksForClientCertificate, maxTlsVersion, protocols, ...first } = options;
  let behaviour: Behaviour = first;
  const sockets = new Set<Socket>();
  const accept = (socket: Socket) => {
    site.connections++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    if (behaviour.fault === "reset_on_accept") return socket.resetAndDestroy();
    if (behaviour.fault === "close_on_accept") return socket.end();
    const raw = Buffer.from(behaviour.raw ?? "", "latin1");
    if (behaviour.fault === "greet") return void socket.end(raw);
    if (behaviour.fault === "interrupt" && !tls) return void socket.once("data", () => void socket.end(raw));
    if (!tls) return converse(socket, socket, site, behaviour);
    const encrypted = () => converse(encrypt(socket, tls, { asksForClientCertificate, maxTlsVersion, protocols }), socket, site, behaviour);
    // A delayed handshake: the client's hello waits in the socket's buffer.
    if (behaviour.tlsDelayMs) setTimeout(encrypted, behaviour.tlsDelayMs);
    else encrypted();
  };
  const server = createServer({ pauseOnConnect: tls !== undefined }, accept);
  const listen = (at: number) =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(at, host, () => {
        server.off("error", reject);
        resolve();
      });
    });
  const unlisten = () => new Promise<void>((resolve) => void server.close(() => resolve()));
  const hangUp = async () => {
    const closed = [...sockets].map((socket) => new Promise((resolve) => void socket.once("close", resolve).destroy()));
    await Promise.all(closed);
  };

  const site: FakeSite = {
    url: "",
    host,
    port,
    caPem: tls ? testCertificates().caPem : "",
    requests: [],
    connections: 0,
    get open() {
      return sockets.size;
    },
    async setBehaviour(next) {
      behaviour = next;
      if (next.fault === "refuse" && server.listening) {
        await hangUp();
        await unlisten();
      } else if (next.fault !== "refuse" && !server.listening) await listen(site.port);
    },
    async close() {
      await hangUp();
      if (server.listening) await unlisten();
    },
    [Symbol.asyncDispose]: () => site.close(),
  };
  await listen(port);
  site.port = (server.address() as AddressInfo).port;
  site.url = tls ? `https://localhost:${site.port}` : `http://${host.includes(":") ? `[${host}]` : host}:${site.port}`;
  if (first.fault === "refuse") await unlisten();
  return site;
}

type TlsRules = Pick<FakeSiteOptions, "maxTlsVersion" | "protocols"> & { asksForClientCertificate: boolean | undefined };

function encrypt(socket: Socket, name: CertificateName, { asksForClientCertificate: requestCert = false, maxTlsVersion, protocols }: TlsRules): TLSSocket {
  const { leaves, caPem } = testCertificates();
  const leaf = leaves[name];
  const minVersion = maxTlsVersion === undefined ? undefined : "TLSv1";
  const secureContext = createSecureContext({ cert: leaf.certPem, key: leaf.keyPem, ca: caPem, minVersion, maxVersion: maxTlsVersion });
  const encrypted = new TLSSocket(socket, { isServer: true, secureContext, requestCert, rejectUnauthorized: requestCert, ALPNProtocols: protocols });
  encrypted.on("error", () => socket.destroy());
  return encrypted;
}

/** Collects one request, then answers it. */
function converse(stream: Socket, raw: Socket, site: FakeSite, behaviour: Behaviour): void {
  let received = "";
  let isAnswered = false;
  stream.on("error", () => {});
  if (behaviour.fault === "interrupt") return void stream.once("data", () => void stream.end(Buffer.from(behaviour.raw ?? "", "latin1")));
  stream.on("data", (bytes) => {
    received += bytes.toString("latin1");
    const request = isAnswered ? undefined : parseRequest(received);
    if (!request) return;
    isAnswered = true;
    site.requests.push(request);
    const now = { ...behaviour, ...behaviour.respond?.(request) };
    setTimeout(() => void answer(stream, raw, request, now), now.firstByteDelayMs ?? 0);
  });
}

function parseRequest(text: string): SiteRequest | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first, ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
  const body = text.slice(end + 4);
  if (body.length < Number(headers["content-length"] ?? 0)) return undefined;
  const [method, path] = first!.split(" ");
  return { method: method!, path: path!, headers, body: Buffer.from(body, "latin1").toString("utf8") };
}

async function answer(stream: Socket, raw: Socket, request: SiteRequest, behaviour: Behaviour): Promise<void> {
  const { status = 200, headers = {}, body = "ok", fault } = behaviour;
  const begin = (extra: string) => stream.write(`HTTP/1.1 ${status} Whatever\r\n${extra}\r\n`);
  switch (fault) {
    case "silent":
      return;
    case "reset_mid_head":
      stream.write(`HTTP/1.1 ${status} OK\r\nX-Some: he`);
      await wait(20);
      return void raw.resetAndDestroy();
    case "reset_mid_body":
    case "close_mid_body":
      begin("Content-Length: 1000\r\n");
      stream.write("0123456789");
      await wait(20);
      return fault === "reset_mid_body" ? void raw.resetAndDestroy() : void stream.end();
    case "slow_head":
      return drip(stream, `HTTP/1.1 ${status} OK\r\nX-Slow: ${"slow".repeat(1_000)}\r\n`);
    case "drip_body":
      begin("Content-Length: 100000\r\n");
      return drip(stream, "x".repeat(100_000));
    case "endless_head":
      stream.write(`HTTP/1.1 ${status} OK\r\n`);
      return flood(stream, `X-Filler: ${"x".repeat(1_000)}\r\n`);
    case "endless_interim":
      return flood(stream, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(20));
    case "endless_body":
      begin("Transfer-Encoding: chunked\r\n");
      return flood(stream, `10000\r\n${"x".repeat(65_536)}\r\n`);
    case "no_length":
      begin("");
      return void stream.write("some of it");
    case "event_stream":
      begin("Content-Type: text/event-stream\r\n");
      return drip(stream, Array.from({ length: 1_000 }, (_, index) => `data: ${index}\n\n`));
    case "gzip_bomb":
      return whole(stream, { status, headers: { "Content-Encoding": "gzip" }, body: gzipSync(Buffer.alloc(50_000_000)) });
    case "bad_gzip":
      return whole(stream, { status, headers: { "Content-Encoding": "gzip" }, body: "this is not gzip" });
    case "redirect_loop":
      return whole(stream, { status: 302, headers: { Location: request.path }, body: "" });
    case "endless_redirects":
      return whole(stream, { status: 302, headers: { Location: `/hop${Number(/\d+$/.exec(request.path)?.[0] ?? 0) + 1}` }, body: "" });
    case "raw":
      return void stream.end(Buffer.from(behaviour.raw ?? "", "latin1"));
    default:
      return whole(stream, { status, headers, body, bodyDelayMs: behaviour.bodyDelayMs });
  }
}

interface WholeAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
  bodyDelayMs?: number | undefined;
}

async function whole(stream: Socket, { status, headers, body, bodyDelayMs = 0 }: WholeAnswer): Promise<void> {
  const bytes = Buffer.from(body as Uint8Array);
  const all = { "Content-Length": String(bytes.length), ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const start = Buffer.from(`HTTP/1.1 ${status} Whatever\r\n${head}Connection: close\r\n\r\n`);
  if (bodyDelayMs > 0) {
    stream.write(start);
    await wait(bodyDelayMs);
    stream.end(bytes);
  } else stream.end(Buffer.concat([start, bytes]));
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function drip(stream: Socket, text: Iterable<string>): Promise<void> {
  for (const piece of text) {
    if (stream.destroyed) return;
    stream.write(piece);
    await wait(50);
  }
}

function flood(stream: Socket, piece: string): void {
  const more = () => {
    while (!stream.destroyed) if (!stream.write(piece)) return void stream.once("drain", more);
  };
  more();
}
