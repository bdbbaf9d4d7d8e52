/** Whatever somebody has at hand (a URL, host:port, a command) as the fields of a check. */
import type { Value } from "../fields.ts";
import { plural, t } from "../i18n.ts";
import { isCurl, readCurl, type CurlRequest, type LeftOut } from "./curl_command.ts";
import { isGrpcurl, readGrpcurl, type GrpcCall } from "./grpcurl_command.ts";

export interface Pasted {
  type: string;
  /** By the pointer of the field. */
  values: Record<string, Value>;
  /** What was understood, in words, the place apart. */
  taken: string[];
  left: LeftOut[];
  /** A quote that nobody closed. */
  open: string;
}

/** Undefined when it is nothing that a check could look at. */
export function readPasted(text: string): Pasted | undefined {
  const typed = text.trim();
  if (isCurl(typed)) return fromCurl(readCurl(typed));
  if (isGrpcurl(typed)) return fromGrpcurl(readGrpcurl(typed));
  const tool = /^(?:[$>#%]\s+)?(ping6?|dig|nc|ncat|telnet|openssl|nslookup|host)\s+(.+)$/s.exec(typed);
  if (tool) return fromTool(tool[1]!, tool[2]!.trim().split(/\s+/));
  return /\s/.test(typed) ? undefined : fromAddress(typed);
}

/** Undefined when the command names no place, so that nothing is overwritten by it. */
function fromCurl(request: CurlRequest): Pasted | undefined {
  const { url, method, headers, body, user, bearer, left, open } = request;
  if (url === "") return undefined;
  const shared = { "/name": hostOf(url), ...timing(request) };
  const auth: Record<string, Value> = user
    ? { "/target/auth/type": "basic", "/target/auth/username": user.name, "/target/auth/password": user.password }
    : bearer === undefined
      ? {}
      : { "/target/auth/type": "bearer", "/target/auth/token": bearer };
  const how: Record<string, Value> = {
    "/target/headers": headers,
    "/target/followRedirects": request.follows,
    ...(request.maxRedirects !== undefined && request.follows && { "/target/maxRedirects": String(request.maxRedirects) }),
    "/target/tls/skipVerify": request.insecure,
    ...(request.tlsAtLeast && { "/target/tls/minVersion": request.tlsAtLeast }),
    ...(request.ipFamily && { "/target/ipFamily": request.ipFamily }),
    ...(request.httpVersion && { "/target/httpVersion": request.httpVersion }),
  };
  const taken = takenOf(request);
  const rest = [...left];
  if (/^wss?:/i.test(url)) {
    const { "/target/followRedirects": _follow, "/target/httpVersion": _version, ...known } = how;
    const dropped = [...(body === undefined ? [] : [body]), ...(user || bearer !== undefined ? [t("user or token")] : [])];
    return { type: "websocket", values: { ...shared, "/target/url": url, ...known }, taken, left: [...rest, ...dropped.map((what) => ({ what, because: "cannot" as const }))], open };
  }
  const query = graphqlOf(url, body);
  if (query) return { type: "graphql", values: { ...shared, "/target/url": url, ...query, ...how, ...auth }, taken: [t("query"), ...taken], left: rest, open };
  const known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].includes(method);
  if (!known) rest.push({ what: `-X ${method}`, because: "cannot" });
  return {
    type: "http",
    values: { ...shared, "/target/url": url, "/target/method": known ? method : "GET", ...(body !== undefined && { "/target/body": body }), ...how, ...auth },
    taken: [method, ...taken],
    // A GET with a body is one that the form has no place for.
    left: body !== undefined && ["GET", "HEAD", "OPTIONS"].includes(method) ? [...rest, { what: body, because: "cannot" }] : rest,
    open,
  };
}

function timing({ timeoutMs, retries, retryDelayMs }: CurlRequest): Record<string, Value> {
  return {
    ...(timeoutMs && { "/timeoutMs": String(timeoutMs) }),
    ...(retries !== undefined && { "/retries": String(retries) }),
    ...(retryDelayMs !== undefined && { "/retryDelayMs": String(retryDelayMs) }),
  };
}

function takenOf({ headers, body, user, bearer, insecure, follows, timeoutMs }: CurlRequest): string[] {
  return [
    headers.length > 0 && plural(headers.length, "{count} header", "{count} headers"),
    body !== undefined && t("body of {length} characters", { length: body.length }),
    user !== undefined && t("user and password"),
    bearer !== undefined && t("bearer token"),
    insecure && t("any certificate accepted (-k)"),
    follows ? t("follows redirects (-L)") : t("does not follow redirects (no -L)"),
    timeoutMs !== undefined && t("timeout of {ms} ms", { ms: timeoutMs }),
  ].filter((word) => typeof word === "string");
}

/** A POST to …/graphql, or to any place with a query that reads like one. */
function graphqlOf(url: string, body: string | undefined): Record<string, Value> | undefined {
  try {
    const { query, variables, operationName } = JSON.parse(body ?? "") as Record<string, unknown>;
    if (typeof query !== "string" || !(/graphql/i.test(url) || /^\s*(?:query|mutation|\{)/.test(query))) return undefined;
    return {
      "/target/query": query,
      ...(variables !== undefined && variables !== null && { "/target/variables": JSON.stringify(variables, null, 2) }),
      ...(typeof operationName === "string" && { "/target/operationName": operationName }),
    };
  } catch {
    return undefined;
  }
}

function fromGrpcurl(call: GrpcCall): Pasted | undefined {
  if (call.address === "") return undefined;
  const health = call.service === "grpc.health.v1.Health";
  const asked = health ? healthService(call.request) : call.service;
  const calls = !health && call.method !== "";
  const values: Record<string, Value> = {
    "/name": call.method && !health ? t("{method} of {service}", { method: call.method, service: call.service }) : call.address.replace(/:\d+$/, ""),
    "/target/address": call.address,
    "/target/mode": calls ? "call" : "health",
    "/target/service": asked,
    "/target/tls": call.tls,
    "/target/metadata": call.metadata,
    ...(call.authority && { "/target/authority": call.authority }),
    ...(call.tls && { "/target/tls/skipVerify": call.insecure }),
    ...(call.tls && call.serverName && { "/target/tls/serverName": call.serverName }),
    ...(call.timeoutMs && { "/timeoutMs": String(call.timeoutMs) }),
    ...(calls && { described: "server", "/target/reflection": "true", "/target/method": call.method, "/target/request": call.request || "{}" }),
  };
  const taken = [
    call.method && `${call.service}/${call.method}`,
    call.tls ? "TLS" : t("no TLS (-plaintext)"),
    call.metadata.length > 0 && plural(call.metadata.length, "{count} header", "{count} headers"),
    calls && call.request && t("request"),
  ].filter((word) => typeof word === "string" && word !== "") as string[];
  return { type: "grpc", values, taken, left: call.left, open: call.open };
}

function healthService(request: string): string {
  return /"service"\s*:\s*"([^"]*)"/.exec(request)?.[1] ?? "";
}

/** `ping host`, `dig @server name MX`, `nc -vz host port`, `openssl s_client -connect host:port`. */
function fromTool(tool: string, words: string[]): Pasted | undefined {
  const made = (type: string, values: Record<string, Value>, name: string): Pasted => ({ type, values: { "/name": name, ...values }, taken: [], left: [], open: "" });
  const plain = words.filter((word, index) => !/^[-+]/.test(word) && !/^-[cwWit]$/.test(words[index - 1] ?? ""));
  if (tool.startsWith("ping")) return plain[0] ? made("icmp", { "/target/host": plain[0], ...(tool === "ping6" && { "/target/ipFamily": "6" }) }, plain[0]) : undefined;
  if (tool === "openssl") {
    const [, host, port] = /^(.+):(\d+)$/.exec(words[words.indexOf("-connect") + 1] ?? "") ?? [];
    return host ? made("tls", { "/target/host": host.replace(/^\[|\]$/g, ""), "/target/port": port! }, host) : undefined;
  }
  if (tool === "dig" || tool === "nslookup" || tool === "host") {
    const server = plain.find((word) => word.startsWith("@"))?.slice(1);
    const record = plain.find((word) => /^(A|AAAA|CAA|CNAME|DNSKEY|DS|HTTPS|MX|NAPTR|NS|PTR|SOA|SRV|SSHFP|SVCB|TLSA|TXT)$/i.test(word));
    const name = plain.find((word) => !word.startsWith("@") && word !== record);
    return name ? made("dns", { "/target/name": name, ...(record && { "/target/recordType": record.toUpperCase() }), ...(server && { "/target/server": server }) }, name) : undefined;
  }
  const [host, port] = plain;
  return host && /^\d+$/.test(port ?? "") ? made("tcp", { "/target/host": host, "/target/port": port! }, host) : undefined;
}

const schemes: Record<string, string> = { http: "http", https: "http", ws: "websocket", wss: "websocket" };

function fromAddress(typed: string): Pasted | undefined {
  const made = (type: string, values: Record<string, Value>, name: string): Pasted => ({ type, values: { "/name": name, ...values }, taken: [], left: [], open: "" });
  const [, scheme = "", after = ""] = /^([a-z][a-z0-9+.-]*):\/\/(.+)$/i.exec(typed) ?? [];
  const kind = schemes[scheme.toLowerCase()];
  if (kind && URL.canParse(typed)) {
    const { username, password, hostname, pathname } = new URL(typed);
    if (kind === "websocket") return made(kind, { "/target/url": typed }, hostname);
    if (username) return fromCurl(readCurl(`curl -L '${typed.replaceAll("'", "%27")}'`));
    return made(password === "" && /\/graphql\/?$/.test(pathname) ? "graphql" : kind, { "/target/url": typed }, hostname);
  }
  const [, bracketed, plain, port] = /^(?:\[([\da-f:.]+)\]|([^\s:/@?#[\]]+))(?::(\d{1,5}))?(?:\/.*)?$/i.exec(scheme === "" ? typed : after) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || (scheme === "" && !/[.:]|^localhost$/i.test(typed))) return undefined;
  return byScheme(scheme.toLowerCase(), { host, port, typed }, made);
}

function byScheme(scheme: string, { host, port, typed }: { host: string; port: string | undefined; typed: string }, made: (type: string, values: Record<string, Value>, name: string) => Pasted): Pasted | undefined {
  const address = host.includes(":") ? `[${host}]` : host;
  const isAddress = /^[\d.]+$/.test(host) || host.includes(":");
  if (scheme.startsWith("grpc")) return made("grpc", { "/target/address": `${address}:${port ?? "443"}`, "/target/tls": scheme !== "grpc" }, host);
  if (scheme === "tls" || scheme === "ssl") return made("tls", { "/target/host": host, ...(port && { "/target/port": port }) }, host);
  if (scheme === "dns") return made("dns", { "/target/name": host }, host);
  if (scheme === "icmp" || scheme === "ping") return made("icmp", { "/target/host": host }, host);
  const usual = usualPorts[scheme];
  if (port === undefined && usual) return made("tcp", { "/target/host": host, "/target/port": usual }, host);
  if (scheme === "" && (port === "80" || port === "443" || port === "8080" || port === "8443")) {
    const url = `${port.endsWith("443") ? "https" : "http"}://${typed}`;
    return made("http", { "/target/url": url.replace(/:(?:443|80)(?=\/|$)/, "") }, host);
  }
  if (scheme === "" && port === "50051") return made("grpc", { "/target/address": `${address}:${port}`, "/target/tls": false }, host);
  if (port !== undefined) return made("tcp", { "/target/host": host, "/target/port": port }, host);
  if (scheme !== "") return undefined;
  return isAddress && !typed.includes("/") ? made("icmp", { "/target/host": host }, host) : made("http", { "/target/url": `https://${typed}` }, host);
}

const usualPorts: Record<string, string> = { postgres: "5432", postgresql: "5432", mysql: "3306", redis: "6379", rediss: "6379", amqp: "5672", mongodb: "27017", ssh: "22", smtp: "25", imap: "143", ldap: "389", ftp: "21", nats: "4222" };

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : "";
}
