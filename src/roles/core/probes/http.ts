/** The `http` kind: everything that can be read before the first run is read here, once per version of a check. */
import { createEndpoint, type Endpoint } from "../net/endpoint.ts";
import { prepareTls } from "../net/tls.ts";
import { HttpAttempt } from "./http_attempt.ts";
import { encodeRequest, portOf, requestOf, type HttpTarget, type HttpVersion, type PreparedHttp } from "./http_request.ts";
import { createTokenSource } from "./oauth2.ts";
import { excerptBytes, keptBodyBytes, type ImpliedAssertion, type JsonObject, type PreparedProbe, type ProbeLimits } from "./probe.ts";

const defaultMaxBytes = 10_485_760;
const defaultRedirects = 5;
const rememberedOrigins = 16;

/** By ALPN, the first preferred. */
const offered: Record<HttpVersion, string[]> = { "1.1": ["http/1.1"], "2": ["h2"], auto: ["h2", "http/1.1"] };

const implied: ImpliedAssertion[] = [{ source: "status", op: "in", value: "200-299" }];

/** `HttpLike` makes the attempts of a kind that is HTTP and something more. */
export function prepareHttp(target: JsonObject, limits: ProbeLimits, HttpLike = HttpAttempt): PreparedProbe {
  const http = target as unknown as HttpTarget;
  const prepared = prepareRequests(http, limits);
  if (http.auth?.type !== "oauth2") {
    return { implied, attempt: (environment, timeoutMs, onDone) => void new HttpLike(prepared, environment, timeoutMs, onDone) };
  }
  const tokens = createTokenSource(http.auth, (form) => prepareRequests({ ...tokenTarget(http), ...form }, { keepsBody: true }));
  return {
    implied,
    remembers: true,
    attempt: (environment, timeoutMs, onDone) =>
      tokens.withToken(environment, timeoutMs, onDone, (authorization, leftMs) => {
        const done = (attempt: Parameters<typeof onDone>[0]) => {
          if (attempt.code === 401) tokens.forget();
          onDone(attempt);
        };
        void new HttpLike(prepared, environment, leftMs, done, authorization);
      }),
  };
}

/** The token is asked for in the same way as the target: same trust, same proxy, but nothing of its identity. */
function tokenTarget(http: HttpTarget): HttpTarget {
  return { url: http.auth!.tokenUrl!, method: "POST", tls: http.tls, proxy: http.proxy, ipFamily: http.ipFamily, followRedirects: false };
}

function prepareRequests(http: HttpTarget, limits: ProbeLimits): PreparedHttp {
  const request = requestOf(http);
  const { httpVersion = "1.1" } = http;
  const origins = new Map<string, Endpoint>();
  const endpointOf = (url: URL): Endpoint => {
    const known = origins.get(url.origin);
    if (known) return known;
    const isOwn = url.origin === request.url.origin;
    // A client certificate and a pinned address belong to the origin that they were given for.
    const tls = isOwn ? http.tls : { caPem: http.tls?.caPem, minVersion: http.tls?.minVersion, skipVerify: http.tls?.skipVerify };
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const endpoint = createEndpoint({
      host,
      port: portOf(url),
      family: http.ipFamily,
      resolve: isOwn || url.hostname === request.url.hostname ? http.resolve : undefined,
      tls: url.protocol === "https:" ? prepareTls(host, tls, offered[httpVersion]) : undefined,
    });
    if (origins.size < rememberedOrigins) origins.set(url.origin, endpoint);
    return endpoint;
  };
  return {
    request,
    bytes: encodeRequest(request),
    httpVersion,
    h2: undefined,
    endpoint: endpointOf(request.url),
    proxy: proxyOf(http),
    maxRedirects: http.followRedirects === false ? 0 : (http.maxRedirects ?? defaultRedirects),
    insecureRedirects: http.insecureRedirects ?? false,
    limits: { maxBytes: http.maxBytes ?? defaultMaxBytes, keepBytes: limits.keepsBody ? (limits.keptBytes ?? keptBodyBytes) : excerptBytes },
    endpointOf,
  };
}

function proxyOf(http: HttpTarget): PreparedHttp["proxy"] {
  if (!http.proxy) return undefined;
  const url = new URL(http.proxy.url);
  return { endpoint: createEndpoint({ host: url.hostname, port: portOf(url) }), username: http.proxy.username, password: http.proxy.password };
}
