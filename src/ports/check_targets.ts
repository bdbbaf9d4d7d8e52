/** What each type of check aims at, as a person writes it in `target`. */
import { createSecureContext } from "node:tls";
import { z } from "zod";
import { compilePattern, type CheckType } from "./assertion_language.ts";

const text = (max: number) => z.string("must be a text").max(max, `must be at most ${max} characters`);

const httpUrl = text(4_096).superRefine((value, context) => {
  const problem = urlProblem(value);
  if (problem) context.addIssue({ code: "custom", message: problem });
});

/** Undefined when it is an address that a probe may be sent to. */
function urlProblem(value: string): string | undefined {
  // The parser drops line breaks in silence, and what stands before an @ may be a password.
  if (!URL.canParse(value) || /[\u0000-\u001f\u007f]/.test(value)) return `${value.includes("@") ? "this" : JSON.stringify(value.slice(0, 100))} is not a URL such as https://example.com/health`;
  const url = new URL(value);
  if (url.protocol !== "http:" && url.protocol !== "https:") return `the scheme "${url.protocol.slice(0, -1)}" cannot be checked, only http and https`;
  if (url.username !== "" || url.password !== "") return "must not hold a user name or password: use auth";
  if (url.hostname === "" || !/^https?:\/\//i.test(value)) return 'must name a host after "//"';
  return url.port === "0" ? "port 0 cannot be reached" : undefined;
}

const headerName = z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,200}$/, "cannot be the name of a header");
const headerValue = text(8_192).refine((value) => !/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value), "must not hold line breaks or other control characters");
const headers = z
  .record(headerName, headerValue)
  .refine((all) => Object.keys(all).length <= 100, "at most 100 headers");

const host = text(253).regex(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.\-:]+)$/, "must be a host name or an IP address");
const address = z.union([z.ipv4(), z.ipv6()], "must be an IPv4 or IPv6 address");
const port = z.number("must be a port from 1 to 65535").int("must be a whole number").min(1, "must be at least 1").max(65_535, "must be at most 65535");
const ipFamily = z.enum(["any", "4", "6"], 'must be "any", "4" or "6"');

const pem = text(200_000);
const tls = z
  .strictObject({
    caPem: pem.optional(),
    certPem: pem.optional(),
    keyPem: pem.optional(),
    serverName: text(253).optional(),
    minVersion: z.enum(["1.0", "1.1", "1.2", "1.3"], "must be 1.0, 1.1, 1.2 or 1.3").optional(),
    skipVerify: z.boolean("must be true or false").optional(),
  })
  .superRefine((value, context) => {
    if ((value.certPem === undefined) !== (value.keyPem === undefined)) context.addIssue({ code: "custom", message: "certPem and keyPem go together" });
    for (const key of ["caPem", "certPem", "keyPem"] as const) {
      const problem = pemProblem(key, value[key]);
      if (problem) context.addIssue({ code: "custom", path: [key], message: problem });
    }
  });

function pemProblem(key: "caPem" | "certPem" | "keyPem", value: string | undefined): string | undefined {
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
const tlsChoice = z.union([z.boolean(), tls], "must be true, false or an object");

const bearer = z.strictObject({ type: z.literal("bearer"), token: text(16_384).regex(/^[\x21-\x7e]+$/, "must be printable characters without spaces") });

const auth = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("basic"), username: text(1_000), password: text(4_096) }),
    bearer,
    z.strictObject({ type: z.literal("oauth2"), tokenUrl: httpUrl, clientId: text(1_000), clientSecret: text(4_096), scopes: z.array(text(200)).max(50).optional() }),
  ],
  "must be basic, bearer or oauth2",
);

const bodyText = z.json().refine((value) => JSON.stringify(value).length <= 65_536, "must be at most 65536 characters");

const overHttp = {
  url: httpUrl,
  headers: headers.optional(),
  auth: auth.optional(),
  followRedirects: z.boolean("must be true or false").optional(),
  maxRedirects: z.number("must be a whole number from 0 to 10").int().min(0).max(10, "must be at most 10").optional(),
  insecureRedirects: z.boolean("must be true or false").optional(),
  tls: tls.optional(),
  ipFamily: ipFamily.optional(),
  resolve: address.optional(),
  proxy: z.strictObject({ url: httpUrl, username: text(1_000).optional(), password: text(4_096).optional() }).optional(),
  maxBytes: z.number("must be a number of bytes").int().min(1, "must be at least 1").max(104_857_600, "must be at most 104857600").optional(),
};

const http = z
  .strictObject({
    ...overHttp,
    method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], "must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS").optional(),
    body: bodyText.optional(),
    bodyEncoding: z.enum(["json", "form", "raw"], "must be json, form or raw").optional(),
  })
  .superRefine((value, context) => {
    const isFlat = typeof value.body === "object" && value.body !== null && !Array.isArray(value.body);
    if (value.bodyEncoding === "form" && value.body !== undefined && !isFlat) context.addIssue({ code: "custom", path: ["body"], message: "must be an object of fields when bodyEncoding is form" });
    if (value.bodyEncoding === "raw" && value.body !== undefined && typeof value.body !== "string") context.addIssue({ code: "custom", path: ["body"], message: "must be a text when bodyEncoding is raw" });
  });

const graphql = z.strictObject({
  ...overHttp,
  query: text(65_536).min(1, "must not be empty"),
  variables: z.record(z.string(), z.json()).optional(),
  operationName: text(200).optional(),
  allowErrors: z.boolean("must be true or false").optional(),
});

const hex = text(8_192).regex(/^(?:[0-9a-fA-F]{2})+$/, "must be bytes in hexadecimal, two digits each");

const step = z
  .strictObject({
    send: text(65_536).optional(),
    sendHex: hex.optional(),
    expect: z
      .strictObject({ text: text(4_096).min(1).optional(), regex: text(1_000).min(1).optional(), bytesHex: hex.optional() })
      .refine((value) => Object.keys(value).length === 1, "must hold exactly one of text, regex and bytesHex")
      .superRefine((value, context) => {
        if (value.regex === undefined) return;
        try {
          compilePattern(value.regex);
        } catch (error) {
          context.addIssue({ code: "custom", path: ["regex"], message: `cannot be read: ${(error as Error).message}` });
        }
      })
      .optional(),
  })
  .refine((value) => value.send === undefined || value.sendHex === undefined, "send and sendHex exclude each other")
  .refine((value) => Object.keys(value).length > 0, "must send or expect something");

const tcp = z.strictObject({
  host,
  port,
  tls: tlsChoice.optional(),
  starttls: z.enum(["smtp", "imap", "pop3"], "must be smtp, imap or pop3").optional(),
  steps: z.array(step).max(20, "at most 20 steps").optional(),
  ipFamily: ipFamily.optional(),
  resolve: address.optional(),
});

const grpc = z
  .strictObject({
    address: text(300).regex(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+):\d{1,5}$/, "must be host:port, such as api.example.com:443"),
    mode: z.enum(["health", "call"], "must be health or call").default("health"),
    /** In mode `health` the service asked about, "" for the server as a whole; in mode `call` its full name. */
    service: text(500).optional(),
    method: text(200).optional(),
    request: z.record(z.string(), z.json()).optional(),
    protoSetId: text(100).regex(/^prt_[0-9A-Za-z]+$/, "must be the id of a proto set, such as prt_01J…").optional(),
    metadata: headers.optional(),
    auth: bearer.optional(),
    tls: tlsChoice.optional(),
    authority: text(300).optional(),
    ipFamily: ipFamily.optional(),
    resolve: address.optional(),
  })
  .superRefine((value, context) => {
    if (value.mode !== "call") return;
    for (const key of ["service", "method", "protoSetId"] as const) if (!value[key]) context.addIssue({ code: "custom", path: [key], message: "is required in mode call" });
  });

export const targets = { http, tcp, grpc, graphql } satisfies Record<CheckType, z.ZodType>;
