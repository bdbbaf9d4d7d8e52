/** One HTTP attempt: request, answer, and the hops of its redirects, all under one deadline. */
import type { Source } from "#ports/assertion_language";
import { authorityOf, refusalOf } from "../net/endpoint.ts";
import { failure, type Failure } from "../net/failure.ts";
import { H2Response } from "../net/h2_response.ts";
import { Progress, ResponseParser, type ResponseReader } from "../net/http_parser.ts";
import { ConnectionAttempt, lost, plus } from "./connection_attempt.ts";
import { decodeBody, decodeText } from "./http_body.ts";
import { encodeConnect, encodeRequest, encodeRequestH2, portOf, redirected, type HttpRequest, type PreparedHttp } from "./http_request.ts";
import { excerptBytes, keptBodyBytes, type Attempt, type JsonObject, type RunEnvironment } from "./probe.ts";

const maxShownHeaders = 60;
const maxShownValue = 500;

interface Hop {
  status: number;
  url: string;
}

export class HttpAttempt extends ConnectionAttempt {
  #request: HttpRequest;
  #bytes: Uint8Array;
  #parser: ResponseReader;
  /** The same as the parser once HTTP/2 is spoken. */
  #h2: H2Response | undefined = undefined;
  /** The answer of the proxy to CONNECT, until the tunnel stands. */
  #tunnel: ResponseParser | undefined = undefined;
  #hops: Hop[] | undefined = undefined;
  #body: Buffer | undefined = undefined;
  #text: string | undefined = undefined;

  constructor(
    private readonly prepared: PreparedHttp,
    environment: RunEnvironment,
    timeoutMs: number,
    onDone: (attempt: Attempt) => void,
    authorization?: string,
  ) {
    super(environment, timeoutMs, onDone);
    this.#request = prepared.request;
    this.#bytes = prepared.bytes;
    if (authorization !== undefined) {
      this.#request = { ...prepared.request, headers: [...prepared.request.headers, ["Authorization", authorization]] };
      this.#bytes = encodeRequest(this.#request);
    }
    this.#parser = new ResponseParser(prepared.request.method === "HEAD", prepared.limits);
    this.reach(prepared.proxy?.endpoint ?? prepared.endpoint);
  }

  override connected(): void {
    const { proxy } = this.prepared;
    if (!proxy) return super.connected();
    this.noteConnect("first_byte");
    this.#tunnel = new ResponseParser(true, this.prepared.limits);
    const { url } = this.#request;
    // The proxy resolves names for us; an address that is written out is ours to judge.
    const target = this.prepared.endpointOf(url);
    const refusal = target.literal === undefined ? undefined : refusalOf(target, this.environment.egress, this.environment.privateAllowed);
    if (refusal !== undefined) return this.finish(failure("target_forbidden", `not connected: ${refusal}`));
    this.send(encodeConnect(url.hostname, portOf(url), proxy));
  }

  protected ready(): void {
    if (this.prepared.httpVersion !== "1.1") {
      const version = this.#agreedVersion();
      if (typeof version !== "string") return this.finish(version);
      if (version === "2") return this.#askH2();
    }
    this.enter("first_byte");
    this.send(this.#bytes);
  }

  /** By ALPN; without TLS there is nothing to agree by, and what is asked for is spoken. */
  #agreedVersion(): "1.1" | "2" | Failure {
    const { httpVersion } = this.prepared;
    if (!this.endpoint.tls) return httpVersion === "2" ? "2" : "1.1";
    const chosen = this.socket!.alpnProtocol;
    if (chosen === "h2") return "2";
    if (httpVersion === "auto") return "1.1";
    return failure("tls_handshake", `tls handshake failed: the server does not speak HTTP/2: it chose ${chosen || "no protocol"}, not h2`);
  }

  #askH2(): void {
    const isOwn = this.#request === this.prepared.request;
    const { bytes, rest } = isOwn ? (this.prepared.h2 ??= encodeRequestH2(this.#request)) : encodeRequestH2(this.#request);
    this.#h2 = new H2Response(this.#request.method === "HEAD", this.prepared.limits, (answer) => this.send(answer));
    this.#parser = this.#h2;
    if (rest) this.#h2.upload(rest);
    this.enter("first_byte");
    this.send(bytes);
  }

  override received(bytes: Buffer): void {
    if (this.#tunnel) return this.#openTunnel(bytes);
    if (this.#h2) return this.#receivedH2(bytes, this.#h2);
    if (this.phase === "first_byte") this.firstByteMs = plus(this.firstByteMs, this.enter("transfer"));
    const progress = this.#parser.push(bytes);
    if (progress !== Progress.more) this.#answered(progress);
  }

  /** The server's settings come at once; the answer begins with its headers. */
  #receivedH2(bytes: Buffer, response: H2Response): void {
    const progress = response.push(bytes);
    if (this.phase === "first_byte" && response.hasBegun) this.firstByteMs = plus(this.firstByteMs, this.enter("transfer"));
    if (progress !== Progress.more) this.#answered(progress);
  }

  override closed(code: string, message: string): void {
    if (this.phase === "tls") return super.closed(code, message);
    if (code !== "" || this.#tunnel) return this.finish(lost(code, message));
    this.#answered(this.#parser.end());
  }

  #openTunnel(bytes: Buffer): void {
    const tunnel = this.#tunnel!;
    const progress = tunnel.push(bytes);
    if (progress === Progress.more) return;
    this.connectMs = plus(this.connectMs, this.enter("idle"));
    if (progress === Progress.failed) return this.finish(tunnel.failure);
    if (tunnel.status < 200 || tunnel.status > 299) {
      const { url } = this.#request;
      return this.finish(failure("connect_refused", `proxy refused to connect to ${authorityOf(url.hostname, portOf(url))}: status ${tunnel.status}`));
    }
    this.#tunnel = undefined;
    this.endpoint = this.prepared.endpointOf(this.#request.url);
    if (this.endpoint.tls) this.secure();
    else this.ready();
  }

  #answered(progress: Progress): void {
    const parser = this.#parser;
    this.#settle();
    if (progress === Progress.failed) return this.finish(parser.failure);
    if (this.code >= 300 && this.code <= 399 && this.prepared.maxRedirects > 0) {
      const next = this.#nextHop();
      if (next instanceof URL) return this.#follow(next);
      if (next) return this.finish(next);
    }
    if (parser.contentEncoding !== "" && parser.pieces.length > 0) {
      const body = decodeBody(parser.pieces, parser.contentEncoding, this.prepared.limits.maxBytes);
      if (!(body instanceof Uint8Array)) return this.finish(body);
      this.bodyBytes = body.length;
      this.#body = body.subarray(0, Math.max(this.prepared.limits.keepBytes, keptBodyBytes));
    }
    this.finish();
  }

  /** Writes down what the answer was so far, also when it broke off. */
  #settle(): void {
    if (this.phase === "transfer") this.transferMs = plus(this.transferMs, this.enter("idle"));
    if (!this.#parser.isHeadComplete) return;
    this.code = this.#parser.status;
    this.bodyBytes = this.#parser.bodyBytes;
  }

  protected override finish(problem?: Failure): void {
    if (this.phase === "transfer") this.#settle();
    super.finish(problem);
  }

  /** Where to go next; undefined when this answer is the one to judge. */
  #nextHop(): URL | Failure | undefined {
    const location = this.#redirectUrl();
    if (location === undefined || this.code === 300 || this.code === 304 || !URL.canParse(location)) return undefined;
    const url = new URL(location);
    if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
    if (url.protocol === "http:" && this.#request.url.protocol === "https:" && !this.prepared.insecureRedirects) return undefined;
    this.#hops ??= [];
    this.#hops.push({ status: this.code, url: location.slice(0, maxShownValue) });
    if (this.#hops.length > this.prepared.maxRedirects) return failure("http_redirect_loop", `more than ${this.prepared.maxRedirects} redirects: the last one to ${location.slice(0, 200)}`);
    return url;
  }

  #follow(url: URL): void {
    this.hangUp();
    url.username = "";
    url.password = "";
    this.#request = redirected(this.#request, this.code, url);
    this.#bytes = encodeRequest(this.#request);
    this.#parser = new ResponseParser(this.#request.method === "HEAD", this.prepared.limits);
    this.#h2 = undefined;
    this.code = 0;
    this.reach(this.prepared.proxy?.endpoint ?? this.prepared.endpointOf(url));
  }

  protected override whatIsLate(within: string): string {
    if (this.#tunnel) return `the proxy did not connect ${within}`;
    if (this.phase === "transfer" && !this.#parser.isHeadComplete) return `response head was not complete ${within}`;
    if (this.phase === "transfer") return `response body was not complete ${within}: ${this.#parser.bodyBytes} bytes so far`;
    return super.whatIsLate(within);
  }

  headers(name: string): string[] {
    return this.#parser.headers.filter(([known]) => known === name).map(([, value]) => value);
  }

  text(): string {
    const { pieces } = this.#parser;
    this.#body ??= pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    // Each assertion on the body asks for it.
    this.#text ??= decodeText(this.#body, this.headers("content-type")[0] ?? "");
    return this.#text;
  }

  override fact(source: Source): unknown {
    return source === "redirect_url" ? this.#redirectUrl() : undefined;
  }

  #redirectUrl(): string | undefined {
    const location = this.headers("location")[0];
    if (location === undefined) return undefined;
    return URL.canParse(location, this.#request.url) ? new URL(location, this.#request.url).href : location;
  }

  override observed(withExcerpt: boolean): JsonObject {
    const facts = super.observed(withExcerpt);
    if (this.code > 0) {
      facts.status = this.code;
      facts.httpVersion = this.#parser.version;
      facts.bodyBytes = this.bodyBytes;
      facts.headers = shown(this.#parser.headers);
    }
    if (this.#hops) facts.redirects = this.#hops.map((hop) => ({ ...hop }));
    if (this.#hops) facts.url = this.#request.url.href.slice(0, maxShownValue);
    if (withExcerpt && this.#parser.pieces.length > 0) facts.excerpt = this.text().slice(0, excerptBytes);
    return facts;
  }
}

/** Session cookies are the visitor's keys: their values are not kept. */
export function shown(headers: [string, string][]): JsonObject {
  const all: Record<string, string> = {};
  for (const [name, value] of headers.slice(0, maxShownHeaders)) {
    const text = name === "set-cookie" ? value.replace(/=[^;]*/, "=***") : value;
    const before = all[name];
    all[name] = (before === undefined ? text : `${before}, ${text}`).slice(0, maxShownValue);
  }
  return all;
}
