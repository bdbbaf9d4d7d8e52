/** The `http` target as a person writes it, and the bytes that go out for it. */
import { authorityOf, type Endpoint } from "../net/endpoint.ts";
import { encodeH2, maxRequestBytes } from "../net/h2.ts";
import type { BodyLimits } from "../net/http_parser.ts";
import type { IpFamily } from "../net/resolver.ts";
import type { TlsTarget } from "../net/tls.ts";
import type { Json } from "./probe.ts";

export interface HttpAuth {
  type: "basic" | "bearer" | "oauth2";
  username?: string;
  password?: string;
  token?: string;
  tokenUrl?: string;
  clientId?: string;
  clientSecret?: string;
  scopes?: string[];
}

export interface HttpTarget {
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: Json;
  bodyEncoding?: "json" | "form" | "raw";
  auth?: HttpAuth;
  followRedirects?: boolean;
  maxRedirects?: number;
  /** Follow a redirect from https to http, which is otherwise judged as the answer. */
  insecureRedirects?: boolean;
  tls?: TlsTarget;
  ipFamily?: IpFamily;
  resolve?: string;
  proxy?: { url: string; username?: string; password?: string };
  maxBytes?: number;
  httpVersion?: HttpVersion;
}

/** `auto` offers both by ALPN; without TLS it is 1.1. */
export type HttpVersion = "1.1" | "2" | "auto";

export interface HttpRequest {
  url: URL;
  method: string;
  headers: [string, string][];
  body: Uint8Array | undefined;
}

/** What is read from the target once, before the first run. */
export interface PreparedHttp {
  request: HttpRequest;
  bytes: Uint8Array;
  httpVersion: HttpVersion;
  /** The request over HTTP/2, made when it is first needed. */
  h2: EncodedH2 | undefined;
  endpoint: Endpoint;
  proxy: { endpoint: Endpoint; username?: string; password?: string } | undefined;
  maxRedirects: number;
  insecureRedirects: boolean;
  limits: BodyLimits;
  /** The endpoint for a URL that a redirect leads to. */
  endpointOf(url: URL): Endpoint;
}

const contentTypes = { json: "application/json", form: "application/x-www-form-urlencoded", raw: "text/plain; charset=utf-8" };

export function requestOf(target: HttpTarget): HttpRequest {
  const url = new URL(target.url);
  const encoding = target.bodyEncoding ?? (target.body === undefined || typeof target.body === "string" ? "raw" : "json");
  const body = target.body === undefined ? undefined : encodeBody(target.body, encoding);
  const headers = Object.entries(target.headers ?? {});
  const add = (name: string, value: string) => {
    if (!headers.some(([known]) => known.toLowerCase() === name.toLowerCase())) headers.push([name, value]);
  };
  add("User-Agent", "UptimePing");
  add("Accept", "*/*");
  add("Accept-Encoding", "gzip, deflate, br, zstd");
  if (body) add("Content-Type", contentTypes[encoding]);
  const { auth } = target;
  if (auth?.type === "basic") add("Authorization", basic(auth.username ?? "", auth.password ?? ""));
  if (auth?.type === "bearer") add("Authorization", `Bearer ${auth.token ?? ""}`);
  return { url, method: target.method ?? "GET", headers, body };
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function encodeBody(body: Json, encoding: "json" | "form" | "raw"): Uint8Array {
  if (encoding === "json") return Buffer.from(JSON.stringify(body));
  if (encoding === "form" && typeof body === "object" && body !== null) {
    return Buffer.from(new URLSearchParams(Object.entries(body).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)])).toString());
  }
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

export function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

/** Headers that frame the message are ours: a person's would contradict what is really sent. */
const framing = new Set(["connection", "content-length", "transfer-encoding", "host", "upgrade", "te", "trailer"]);

/** `connection` are the header lines that say what becomes of the connection. */
export function encodeRequest(request: HttpRequest, connection = "Connection: close\r\n"): Uint8Array {
  const { url, method, headers, body } = request;
  const host = headers.find(([name]) => name.toLowerCase() === "host")?.[1] ?? url.host;
  let head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${host}\r\n`;
  for (const [name, value] of headers) if (!framing.has(name.toLowerCase())) head += `${name}: ${value}\r\n`;
  if (body || ["POST", "PUT", "PATCH"].includes(method)) head += `Content-Length: ${body?.length ?? 0}\r\n`;
  // Without a close one side keeps the connection, and our ports to one address run out at 470 checks a second.
  head += `${connection}\r\n`;
  // Header values are bytes: text beyond latin1 goes out as UTF-8, as browsers send it.
  return body ? Buffer.concat([Buffer.from(head), body]) : Buffer.from(head);
}

/** What goes out over HTTP/2: at once, and when the server takes more. */
export interface EncodedH2 {
  bytes: Uint8Array;
  rest: Uint8Array | undefined;
}

/** Of a connection, which HTTP/2 does not let through. */
const connectionHeaders = new Set([...framing, "keep-alive", "proxy-connection", "http2-settings"]);

export function encodeRequestH2(request: HttpRequest): EncodedH2 {
  const { url, method, headers, body } = request;
  const authority = headers.find(([name]) => name.toLowerCase() === "host")?.[1] ?? url.host;
  const own = headers.map(([name, value]): [string, string] => [name.toLowerCase(), value]).filter(([name]) => !connectionHeaders.has(name));
  if (body || ["POST", "PUT", "PATCH"].includes(method)) own.push(["content-length", String(body?.length ?? 0)]);
  const rest = body && body.length > maxRequestBytes ? body.subarray(maxRequestBytes) : undefined;
  const first = rest ? body!.subarray(0, maxRequestBytes) : body;
  const bytes = encodeH2({ method, path: url.pathname + url.search, authority, isSecure: url.protocol === "https:", headers: own, body: first, continues: rest !== undefined });
  return { bytes, rest };
}

export function encodeConnect(host: string, port: number, proxy: { username?: string; password?: string }): Uint8Array {
  const authority = authorityOf(host, port);
  const authorization = proxy.username === undefined ? "" : `Proxy-Authorization: ${basic(proxy.username, proxy.password ?? "")}\r\n`;
  return Buffer.from(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`);
}

/** Headers that must not travel to another origin. */
function isCredential(name: string): boolean {
  return /^(authorization|cookie|proxy-authorization)$|api-?key|token|secret|password/i.test(name);
}

/** The request that follows a redirect, as browsers do it: 303 always becomes GET, 301 and 302 make a POST one. */
export function redirected(request: HttpRequest, status: number, url: URL): HttpRequest {
  const becomesGet = (status === 303 && request.method !== "HEAD") || ((status === 301 || status === 302) && request.method === "POST");
  const leavesOrigin = url.origin !== request.url.origin;
  const headers = request.headers.filter(([name]) => {
    const lower = name.toLowerCase();
    if (leavesOrigin && (isCredential(name) || lower === "host")) return false;
    return !(becomesGet && lower.startsWith("content-"));
  });
  return { url, method: becomesGet ? "GET" : request.method, headers, body: becomesGet ? undefined : request.body };
}
