/** Pieces of which targets are made. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { domainToASCII } from "node:url";
import { z } from "zod";
import { formatDuration, parseDuration } from "#kernel/settings";
import { compilePattern } from "../assertion_language.ts";

export const notEmpty = "must not be empty";
export const text = (max: number) => z.string("must be a text").max(max, `must be at most ${max} characters`);

export const httpUrl = urlOf("http", "https");

/** A URL with one of these schemes, to a host, without credentials. */
export function urlOf(...schemes: string[]) {
  return text(4_096).superRefine((value, context) => {
    const problem = urlProblem(value, schemes);
    if (problem) context.addIssue({ code: "custom", message: problem });
  });
}

/** Undefined when it is an address that a probe may be sent to. */
function urlProblem(value: string, schemes: string[]): string | undefined {
  // The parser drops line breaks in silence, and what stands before an @ may be a password.
  if (!URL.canParse(value) || /[\u0000-\u001f\u007f]/.test(value)) return `${value.includes("@") ? "this" : JSON.stringify(value.slice(0, 100))} is not a URL such as ${schemes.at(-1)}://example.com/health`;
  const url = new URL(value);
  const scheme = url.protocol.slice(0, -1);
  if (!schemes.includes(scheme)) return `the scheme "${scheme}" cannot be checked, only ${schemes.join(" and ")}`;
  if (url.username !== "" || url.password !== "") return "must not hold a user name or password: use auth";
  if (url.hostname === "" || !value.toLowerCase().startsWith(`${scheme}://`)) return 'must name a host after "//"';
  return url.port === "0" ? "port 0 cannot be reached" : undefined;
}

const headerName = z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,200}$/, "cannot be the name of a header");
const headerValue = text(8_192).refine((value) => !/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value), "must not hold line breaks or other control characters");
export const headers = z
  .record(headerName, headerValue)
  .refine((all) => Object.keys(all).length <= 100, "at most 100 headers");

/** Headers whose value is a secret, in lower case: a header's name is compared without case. */
export const secretHeaders = ["authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token", "x-access-token", "x-csrf-token"];

/** Why it is no host to connect to; undefined when it is one. */
export function hostProblem(value: string): string | undefined {
  const isAddress = z.union([z.ipv4(), z.ipv6()]).safeParse(value.replace(/^\[(.*)\]$/, "$1")).success;
  if (isAddress || /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?$/.test(value)) return undefined;
  const ascii = /[^\0-\x7f]/.test(value) ? domainToASCII(value) : "";
  if (ascii !== "") return `must be written in ASCII: ${ascii}`;
  return /^[^:]+:\d+$/.test(value) ? "must be a host name or an IP address, without a port" : "must be a host name or an IP address";
}

export const host = text(253).superRefine((value, context) => {
  const problem = hostProblem(value);
  if (problem) context.addIssue({ code: "custom", message: problem });
});
export const address = z.union([z.ipv4(), z.ipv6()], "must be an IPv4 or IPv6 address");
export const port = z.number("must be a port from 1 to 65535").int("must be a whole number").min(1, "must be at least 1").max(65_535, "must be at most 65535");
export const ipFamily = z.enum(["any", "4", "6"], 'must be "any", "4" or "6"');

const pem = text(200_000);
export const tls = z
  .strictObject({
    caPem: pem.optional(),
    certPem: pem.optional(),
    keyPem: pem.optional(),
    serverName: host.optional(),
    minVersion: z.enum(["1.0", "1.1", "1.2", "1.3"], "must be 1.0, 1.1, 1.2 or 1.3").optional(),
    skipVerify: z.boolean("must be true or false").optional(),
  })
  .superRefine((value, context) => {
    if ((value.certPem === undefined) !== (value.keyPem === undefined)) context.addIssue({ code: "custom", message: "certPem and keyPem go together" });
    for (const key of ["caPem", "certPem", "keyPem"] as const) {
      const problem = pemProblem(key, value[key]);
      if (problem) context.addIssue({ code: "custom", path: [key], message: problem });
    }
    if (context.issues.length === 0 && !isPair(value)) context.addIssue({ code: "custom", path: ["keyPem"], message: "is not the key of certPem" });
  });

/** A key that is shown as "***" cannot be tried. */
function isPair({ certPem, keyPem }: { certPem?: string | undefined; keyPem?: string | undefined }): boolean {
  if (certPem === undefined || keyPem === undefined || keyPem === "***") return true;
  return new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem));
}

export function pemProblem(key: "caPem" | "certPem" | "keyPem", value: string | undefined): string | undefined {
  if (value === undefined || value === "***") return undefined;
  const wanted = key === "keyPem" ? "PRIVATE KEY" : "CERTIFICATE";
  if (!new RegExp(`-----BEGIN (?:[A-Z]+ )?${wanted}-----`).test(value)) return `must be PEM text with a ${wanted.toLowerCase()}`;
  try {
    createSecureContext(key === "keyPem" ? { key: value } : { ca: value });
    return undefined;
  } catch {
    return `cannot be read as a ${wanted.toLowerCase()}`;
  }
}

/** `true`, or how to do it. */
export const tlsChoice = z.union([z.boolean(), tls], "must be true, false or an object");

export const bearer = z.strictObject({ type: z.literal("bearer"), token: text(16_384).regex(/^[\x21-\x7e]+$/, "must be printable characters without spaces") });

const hex = text(8_192).regex(/^(?:[0-9a-fA-F]{2})+$/, "must be bytes in hexadecimal, two digits each");

/** What is waited for in an answer: text, a pattern, or bytes. */
const expected = z
  .strictObject({ text: text(4_096).min(1, notEmpty).optional(), regex: text(1_000).min(1, notEmpty).optional(), bytesHex: hex.optional() })
  .refine((value) => Object.keys(value).length === 1, "must hold exactly one of text, regex and bytesHex")
  .superRefine((value, context) => {
    if (value.regex === undefined) return;
    try {
      compilePattern(value.regex);
    } catch (error) {
      context.addIssue({ code: "custom", path: ["regex"], message: `cannot be read: ${(error as Error).message}` });
    }
  });

const turn = { send: text(65_536).optional(), sendHex: hex.optional(), expect: expected.optional() };
const sendsOnce = (value: { send?: unknown; sendHex?: unknown }) => value.send === undefined || value.sendHex === undefined;
const sendsTwice = "send and sendHex exclude each other";

/** One turn of a dialogue. */
export const step = z
  .strictObject(turn)
  .refine(sendsOnce, sendsTwice)
  .refine((value) => Object.keys(value).length > 0, "must send or expect something");

/** A turn on a bare connection. */
export const tcpStep = z
  .strictObject({
    ...turn,
    /** `${1}` and `${name}` in `send` stand for what these groups of the regex of the turn before have matched. */
    expand: z.boolean("must be true or false").optional(),
    /** TLS begins after this turn. */
    startTls: z.boolean("must be true or false").optional(),
  })
  .refine(sendsOnce, sendsTwice)
  .refine((value) => value.expand !== true || value.send !== undefined, "expand goes with send")
  .refine((value) => Object.keys(value).some((key) => key !== "expand"), "must send or expect something");

const sentCharacters = 65_536;

/** What is sent as it stands. It is bounded because it travels with every task and stands in every list. */
export const sentObject = z.record(z.string(), z.json()).refine((value) => JSON.stringify(value).length <= sentCharacters, `must be at most ${sentCharacters} characters of JSON`);

/** "30s", "5m", "1h", "1d". */
export function duration(minMs: number, maxMs: number) {
  const allowed = `must be a duration from ${formatDuration(minMs)} to ${formatDuration(maxMs)}, such as "5m"`;
  return z.string(allowed).refine((value) => {
    const ms = parseDuration(value);
    return ms !== undefined && ms >= minMs && ms <= maxMs;
  }, allowed);
}
