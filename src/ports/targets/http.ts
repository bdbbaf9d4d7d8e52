/** Targets of `http` and `graphql` checks, which share all that travels over HTTP. */
import { z } from "zod";
import { address, bearer, headers, httpUrl, ipFamily, notEmpty, sentObject, text, tls } from "./fields.ts";

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
  /** 1.1 when not said. 2 is by ALPN, or by prior knowledge on plain http; auto takes 2 where TLS offers it. */
  httpVersion: z.enum(["1.1", "2", "auto"], "must be 1.1, 2 or auto").optional(),
  maxBytes: z.number("must be a number of bytes").int().min(1, "must be at least 1").max(104_857_600, "must be at most 104857600").optional(),
};

export const http = z
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

export const graphql = z.strictObject({
  ...overHttp,
  query: text(65_536).min(1, notEmpty),
  variables: sentObject.optional(),
  operationName: text(200).optional(),
  /** Errors are no failure at all, whatever came with them. */
  allowErrors: z.boolean("must be true or false").optional(),
  /** What an answer with both data and errors means; `down` when not said. */
  partialData: z.enum(["down", "degraded", "allow"], "must be down, degraded or allow").optional(),
  /** Reads the schema by introspection: its hash can be asserted on, and a breaking change makes the check degraded. */
  watchSchema: z.boolean("must be true or false").optional(),
});
