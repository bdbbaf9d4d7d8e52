/**
 * A curl command as the request that it sends. Nothing is lost in silence: what cannot be taken is named, with the reason, and what
 * curl would add by itself because of a flag (a content type, a method) is written down.
 */
import { readAlone, readWithValue, shortFlags, showing, takesValue, untaken } from "./curl_flags.ts";
import { shellWords } from "./shell_words.ts";

export type Header = readonly [name: string, value: string];

/** Why a part of a command was left out. */
export type Because = "unknown" | "cannot" | "file" | "second" | "value" | "variable";

export interface LeftOut {
  what: string;
  because: Because;
}

export interface CurlRequest {
  url: string;
  method: string;
  headers: Header[];
  /** Undefined when none is sent. */
  body: string | undefined;
  user: { name: string; password: string } | undefined;
  bearer: string | undefined;
  insecure: boolean;
  follows: boolean;
  maxRedirects: number | undefined;
  timeoutMs: number | undefined;
  retries: number | undefined;
  retryDelayMs: number | undefined;
  ipFamily: "4" | "6" | undefined;
  httpVersion: "2" | undefined;
  tlsAtLeast: string | undefined;
  left: LeftOut[];
  /** A quote that nobody closed: the command was cut, or copied in part. */
  open: string;
}

export function isCurl(text: string): boolean {
  return /^\s*(?:[$>#%]\s+)?(?:\S*[/\\])?curl(?:\.exe)?(?=\s|$)/.test(text);
}

interface Reading {
  request: CurlRequest;
  urls: string[];
  method: string;
  parts: { text: string; joint: string }[];
  query: string[];
  asQuery: boolean;
  head: boolean;
  isJson: boolean;
  cookies: string[];
}

export function readCurl(command: string): CurlRequest {
  const { words, open } = shellWords(command.replace(/^\s*[$>#%]\s+/, ""));
  const reading: Reading = { request: { ...blank(), open }, urls: [], method: "", parts: [], query: [], asQuery: false, head: false, isJson: false, cookies: [] };
  const rest = words.slice(1);
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at]!;
    if (word === "--next" || word === "-:") {
      reading.request.left.push({ what: rest.slice(at).join(" "), because: "second" });
      break;
    }
    if (word === "--") reading.urls.push(...rest.splice(at + 1));
    else if (word.startsWith("--")) at += readLong(reading, word, rest[at + 1]);
    else if (word.startsWith("-") && word.length > 1) at += readShort(reading, word, rest[at + 1]);
    else reading.urls.push(word);
  }
  return finished(reading);
}

function blank(): CurlRequest {
  const none = undefined;
  return {
    url: "", method: "GET", headers: [], body: none, user: none, bearer: none, insecure: false, follows: false, maxRedirects: none, timeoutMs: none,
    retries: none, retryDelayMs: none, ipFamily: none, httpVersion: none, tlsAtLeast: none, left: [], open: "",
  };
}

/** How many of the following words belong to the flag. */
function readLong(reading: Reading, word: string, next: string | undefined): number {
  const [name, given] = word.slice(2).split(/=(.*)/s, 2) as [string, string | undefined];
  if (!takesValue(name)) {
    alone(reading, name, `--${name}`);
    return 0;
  }
  if (given === undefined && next === undefined) reading.request.left.push({ what: word, because: "value" });
  else valued(reading, { name, shown: `--${name}`, value: given ?? next! });
  return given === undefined ? 1 : 0;
}

/** `-sSLXPOST`: flags without a value, then perhaps one with its value, which may be the next word. */
function readShort(reading: Reading, word: string, next: string | undefined): number {
  for (let at = 1; at < word.length; at++) {
    const shown = `-${word[at]!}`;
    const name = shortFlags[word[at]!] ?? shown;
    if (!takesValue(name)) {
      alone(reading, name, shown);
      continue;
    }
    const joined = word.slice(at + 1);
    if (joined === "" && next === undefined) reading.request.left.push({ what: shown, because: "value" });
    else valued(reading, { name, shown, value: joined === "" ? next! : joined });
    return joined === "" ? 1 : 0;
  }
  return 0;
}

function alone(reading: Reading, name: string, shown: string): void {
  const { request } = reading;
  if (Object.hasOwn(showing, name)) return;
  if (!readAlone.has(name)) return void request.left.push({ what: shown, because: Object.hasOwn(untaken, name) ? "cannot" : "unknown" });
  if (name === "insecure") request.insecure = true;
  else if (name.startsWith("location")) request.follows = true;
  else if (name === "get") reading.asQuery = true;
  else if (name === "head") reading.head = true;
  else if (name.startsWith("http2")) request.httpVersion = "2";
  else if (name === "ipv4" || name === "ipv6") request.ipFamily = name === "ipv4" ? "4" : "6";
  else if (name.startsWith("tlsv1")) request.tlsAtLeast = name === "tlsv1" ? "1.0" : name.slice(4);
}

interface Valued {
  name: string;
  shown: string;
  value: string;
}

function valued(reading: Reading, { name, shown, value }: Valued): void {
  const { request } = reading;
  const leave = (because: Because) => void request.left.push({ what: `${shown} ${value}`, because });
  if (Object.hasOwn(showing, name)) return;
  if (!readWithValue.has(name)) return leave("cannot");
  switch (name) {
    case "request":
      reading.method = value.toUpperCase();
      return;
    case "header":
      return value.startsWith("@") ? leave("file") : addHeader(request, value);
    case "json":
      reading.isJson = true;
      return value.startsWith("@") ? leave("file") : void reading.parts.push({ text: value, joint: "" });
    case "data-raw":
      return void reading.parts.push({ text: value, joint: "&" });
    case "data":
    case "data-ascii":
    case "data-binary":
      return value.startsWith("@") ? leave("file") : void reading.parts.push({ text: value, joint: "&" });
    case "data-urlencode":
    case "url-query":
      return addEncoded(reading, name, value, leave);
    case "url":
      return void reading.urls.push(value);
    case "cookie":
      return value.includes("=") ? void reading.cookies.push(value) : leave("file");
    default:
      return setting(request, name, value, leave);
  }
}

function setting(request: CurlRequest, name: string, value: string, leave: (because: Because) => void): void {
  const seconds = Number(value);
  const isNumber = value.trim() !== "" && Number.isFinite(seconds) && seconds >= 0;
  if (name === "user") {
    const [user, password = ""] = value.split(/:(.*)/s, 2) as [string, string | undefined];
    request.user = { name: user, password };
  } else if (name === "oauth2-bearer") request.bearer = value;
  else if (name === "user-agent") request.headers.push(["User-Agent", value]);
  else if (name === "referer") request.headers.push(["Referer", value.replace(/;auto$/, "")]);
  else if (name === "range") request.headers.push(["Range", `bytes=${value}`]);
  // A check has one limit for everything; that to connect alone is none of its own.
  else if (name === "tls-max" || name === "connect-timeout") leave("cannot");
  else if (!isNumber) leave("value");
  else if (name === "max-time") request.timeoutMs = Math.round(seconds * 1_000);
  else if (name === "max-redirs") request.maxRedirects = seconds;
  else if (name === "retry") request.retries = seconds;
  else if (name === "retry-delay") request.retryDelayMs = Math.round(seconds * 1_000);
}

/** `Name: value`; `Name;` sends it empty, and `Name:` takes away what curl would send by itself. */
function addHeader(request: CurlRequest, line: string): void {
  const colon = line.indexOf(":");
  if (colon < 0) {
    if (line.trim().endsWith(";")) request.headers.push([line.trim().slice(0, -1), ""]);
    else request.left.push({ what: `-H ${line}`, because: "value" });
    return;
  }
  const name = line.slice(0, colon).trim();
  const value = line.slice(colon + 1).trim();
  if (name !== "" && value !== "") request.headers.push([name, value]);
  else if (value !== "") request.left.push({ what: `-H ${line}`, because: "value" });
}

/** `content`, `=content`, `name=content`; `@file` and `name@file` are files. */
function addEncoded(reading: Reading, name: string, value: string, leave: (because: Because) => void): void {
  const [, key = "", sign = "", content = ""] = /^([^=@]*)([=@])(.*)$/s.exec(value) ?? [value, "", "", value];
  if (sign === "@") return leave("file");
  const encoded = `${key === "" ? "" : `${key}=`}${encodeURIComponent(content)}`;
  if (name === "url-query") reading.query.push(encoded);
  else reading.parts.push({ text: encoded, joint: "&" });
}

function finished(reading: Reading): CurlRequest {
  const { request, urls, parts, cookies } = reading;
  // The value of a flag that nobody knows would look like a URL as well: the one that says so itself goes first.
  const url = urls.find((one) => /^[a-z][a-z0-9+.-]*:\/\//i.test(one)) ?? urls[0] ?? "";
  request.left.push(...urls.filter((one) => one !== url).map((what) => ({ what, because: "second" as const })));
  const body = parts.map(({ text, joint }, index) => (index === 0 ? text : joint + text)).join("");
  const queries = [...reading.query, ...(reading.asQuery && body !== "" ? [body] : [])];
  request.url = withQuery(withScheme(url), queries);
  if (parts.length > 0 && !reading.asQuery) {
    request.body = body;
    addMissing(request, "Content-Type", reading.isJson ? "application/json" : "application/x-www-form-urlencoded");
    if (reading.isJson) addMissing(request, "Accept", "application/json");
  }
  if (cookies.length > 0) request.headers.push(["Cookie", cookies.join("; ")]);
  request.method = reading.method || (reading.head ? "HEAD" : request.body === undefined ? "GET" : "POST");
  takeAuthorization(request);
  for (const text of [request.url, request.body ?? "", ...request.headers.map(([, value]) => value)]) {
    for (const [variable] of text.matchAll(/\$\{[A-Za-z_]\w*\}|\$[A-Z_][A-Z0-9_]+\b/g)) request.left.push({ what: variable, because: "variable" });
  }
  return request;
}

/** A user and a password, or a token, are kept as secrets where the form has fields for them. */
function takeAuthorization(request: CurlRequest): void {
  const userInfo = URL.canParse(request.url) ? new URL(request.url) : undefined;
  if (userInfo?.username) {
    request.user ??= { name: decodeURIComponent(userInfo.username), password: decodeURIComponent(userInfo.password) };
    request.url = request.url.replace(/^([a-z][a-z+.-]*:\/\/)[^/?#@]*@/i, "$1");
  }
  const index = request.headers.findIndex(([name]) => name.toLowerCase() === "authorization");
  const [scheme = "", credentials = ""] = (request.headers[index]?.[1] ?? "").split(/\s+(.*)/s, 2);
  if (request.user || request.bearer !== undefined) return;
  if (scheme.toLowerCase() === "bearer") request.bearer = credentials;
  else if (scheme.toLowerCase() === "basic" && decoded(credentials)?.includes(":")) {
    const [name, password] = decoded(credentials)!.split(/:(.*)/s, 2) as [string, string];
    request.user = { name, password };
  } else return;
  request.headers.splice(index, 1);
}

function decoded(base64: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

function addMissing(request: CurlRequest, name: string, value: string): void {
  if (!request.headers.some(([known]) => known.toLowerCase() === name.toLowerCase())) request.headers.push([name, value]);
}

function withScheme(url: string): string {
  return url === "" || /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `http://${url}`;
}

function withQuery(url: string, queries: readonly string[]): string {
  if (queries.length === 0) return url;
  const [before, fragment = ""] = url.split(/(#.*)/s, 2) as [string, string | undefined];
  return `${before}${before.includes("?") ? "&" : "?"}${queries.join("&")}${fragment}`;
}
