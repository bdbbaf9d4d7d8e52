import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { operators, ruleOf, sourcesOf, type CheckType } from "./assertion_language.ts";
import { checkDocumentSchema, parseCheckDocument, secretPathsOf } from "./check_document.ts";

const http = { name: "Shop", type: "http", target: { url: "https://shop.example/health" } };
const withTarget = (target: object) => ({ ...http, target: { ...http.target, ...target } });
const withAssertion = (assertion: object, rest: object = http) => ({ ...rest, assertions: [assertion] });

function problems(json: unknown): string[] {
  const parsed = parseCheckDocument(json);
  return parsed.ok ? [] : parsed.fields.map(({ pointer, message }) => `${pointer} ${message}`);
}

test("a check of three fields gets every default", () => {
  expect(parseCheckDocument(http)).toEqual({
    ok: true,
    check: {
      name: "Shop", type: "http", enabled: true, target: { url: "https://shop.example/health" }, assertions: [], timeoutMs: 10_000, retries: 1, retryDelayMs: 1_000,
      failureThreshold: 2, recoveryThreshold: 2, tags: {}, dependsOn: [], channels: [],
    },
  });
});

test("everything that the documentation shows is accepted", () => {
  const accepted = [
    { ...http, target: { url: "https://shop.example/health", method: "GET", headers: { "X-A": "1" } }, assertions: [{ source: "status", op: "in", value: "200-299" }, { source: "json", path: "$.ok", op: "eq", value: true }, { source: "latency", op: "lt", value: 800, severity: "degraded" }], tags: { env: "prod" }, dependsOn: ["chk_01J"], channels: ["chn_01J"], severity: "warning" },
    withTarget({ method: "POST", body: { a: [1] }, auth: { type: "basic", username: "u", password: "p" }, followRedirects: true, maxRedirects: 10, ipFamily: "4", resolve: "::1", proxy: { url: "http://proxy:3128" }, maxBytes: 1_000 }),
    withTarget({ auth: { type: "oauth2", tokenUrl: "https://id.example/token", clientId: "a", clientSecret: "***", scopes: ["x"] }, tls: { serverName: "x", minVersion: "1.3", skipVerify: true } }),
    { name: "Mail", type: "tcp", target: { host: "mail.example", port: 25, starttls: "smtp", steps: [{ send: "NOOP\r\n", expect: { regex: "^250" } }, { sendHex: "ff00" }] } },
    { name: "Db", type: "tcp", target: { host: "::1", port: 5432, tls: true } },
    { name: "Api", type: "grpc", target: { address: "api:443", tls: true, service: "shop.v1.Shop" } },
    { name: "Api", type: "grpc", target: { address: "[::1]:443", mode: "call", service: "a.B", method: "C", protoSetId: "prt_01J", request: { a: 1 } } },
    { name: "Gql", type: "graphql", target: { url: "http://localhost:4000/", query: "{ me { id } }", variables: { a: null }, allowErrors: true } },
  ];
  for (const json of accepted) expect(problems(json)).toEqual([]);
});

describe("what is wrong is named, and what would be right", () => {
  const table: [string, unknown, string[]][] = [
    ["no object", null, [" must be a JSON object"]],
    ["no name", { type: "http", target: http.target }, ["/name is required"]],
    ["an empty name", { ...http, name: " " }, ["/name must not be empty"]],
    ["a line break in the name", { ...http, name: "Shop\r\nBcc: a@b.example" }, ["/name must not hold line breaks or other control characters"]],
    ["an escape in the name", { ...http, name: "Shop\u001b[2J" }, ["/name must not hold line breaks or other control characters"]],
    ["a line break in a tag", { ...http, tags: { env: "prod\n" } }, ["/tags/env must not hold line breaks or other control characters"]],
    ["an unknown type", { ...http, type: "ping" }, ["/type must be one of http, tcp, grpc, graphql"]],
    ["no target", { name: "x", type: "http" }, ["/target is required"]],
    ["an unknown key", { ...http, schedule: { every: "30s" } }, ["/schedule is not known here"]],
    ["an unknown key in the target", withTarget({ uri: "x" }), ["/target/uri is not known here"]],
    ["several things at once", { ...http, name: 5, timeoutMs: 50, retries: -1 }, ["/name must be a text", "/timeoutMs must be at least 100", "/retries must be at least 0"]],
    ["a timeout out of range", { ...http, timeoutMs: 120_001 }, ["/timeoutMs must be at most 120000"]],
    ["half a retry", { ...http, retries: 0.5 }, ["/retries must be a whole number from 0 to 10"]],
    ["an id that is none", { ...http, channels: ["ops"] }, ["/channels/0 must be the id of a channel, such as chn_01J…"]],
    ["a tag name with a space", { ...http, tags: { "a b": "c" } }, ["/tags/a b must be 1 to 63 letters, digits or ._-/"]],
    ["no URL", withTarget({ url: "shop" }), ['/target/url "shop" is not a URL such as https://example.com/health']],
    ["a file URL", withTarget({ url: "file:///etc/passwd" }), ['/target/url the scheme "file" cannot be checked, only http and https']],
    ["a gopher URL", withTarget({ url: "gopher://x/" }), ['/target/url the scheme "gopher" cannot be checked, only http and https']],
    ["credentials in the URL", withTarget({ url: "http://u:p@x/" }), ["/target/url must not hold a user name or password: use auth"]],
    ["a line break in a header", withTarget({ headers: { "X-A": "a\r\nX-B: c" } }), ["/target/headers/X-A must not hold line breaks or other control characters"]],
    ["an escape in a header", withTarget({ headers: { "X-A": "a\u001b[2J", "X-B": "a\tb" } }), ["/target/headers/X-A must not hold line breaks or other control characters"]],
    ["a bell in gRPC metadata", { name: "x", type: "grpc", target: { address: "x:1", metadata: { "x-a": "\u0007" } } }, ["/target/metadata/x-a must not hold line breaks or other control characters"]],
    ["a line break in a gRPC token", { name: "x", type: "grpc", target: { address: "x:1", auth: { type: "bearer", token: "a\nb" } } }, ["/target/auth/token must be printable characters without spaces"]],
    ["a header name with a space", withTarget({ headers: { "X A": "a" } }), ["/target/headers/X A cannot be the name of a header"]],
    ["an unknown method", withTarget({ method: "CONNECT" }), ["/target/method must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS"]],
    ["an incomplete login", withTarget({ auth: { type: "basic", username: "u" } }), ["/target/auth/password is required"]],
    ["too many redirects", withTarget({ maxRedirects: 11 }), ["/target/maxRedirects must be at most 10"]],
    ["a pinned name", withTarget({ resolve: "localhost" }), ["/target/resolve must be an IPv4 or IPv6 address"]],
    ["a form of text", withTarget({ body: "a=b", bodyEncoding: "form" }), ["/target/body must be an object of fields when bodyEncoding is form"]],
    ["certificates that are none", withTarget({ tls: { caPem: "x" } }), ["/target/tls/caPem must be PEM text with a certificate"]],
    ["a broken certificate", withTarget({ tls: { caPem: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" } }), ["/target/tls/caPem cannot be read as a certificate"]],
    ["a port as text", { name: "x", type: "tcp", target: { host: "x", port: "80" } }, ["/target/port must be a port from 1 to 65535"]],
    ["a URL as host", { name: "x", type: "tcp", target: { host: "http://x", port: 80 } }, ["/target/host must be a host name or an IP address"]],
    ["a step that does nothing", { name: "x", type: "tcp", target: { host: "x", port: 80, steps: [{}] } }, ["/target/steps/0 must send or expect something"]],
    ["a step that expects two things", { name: "x", type: "tcp", target: { host: "x", port: 80, steps: [{ expect: { text: "a", regex: "b" } }] } }, ["/target/steps/0/expect must hold exactly one of text, regex and bytesHex"]],
    ["a call without its method", { name: "x", type: "grpc", target: { address: "x:1", mode: "call", service: "a.B", protoSetId: "prt_1" } }, ["/target/method is required in mode call"]],
    ["an address without a port", { name: "x", type: "grpc", target: { address: "x" } }, ["/target/address must be host:port, such as api.example.com:443"]],
    ["a source of another type", withAssertion({ source: "banner", op: "exists" }), ['/assertions/0/source "banner" is not known of a http check, only status, header, body, json, body_bytes, redirect_url, latency, phase, certificate_days, remote_address']],
    ["an unknown operator", withAssertion({ source: "body", op: "like", value: "x" }), [`/assertions/0/op must be one of ${operators.join(", ")}`]],
    ["an operator that does not fit", withAssertion({ source: "latency", op: "contains", value: "x" }), ['/assertions/0/op "contains" does not go with latency, only eq, ne, lt, lte, gt, gte']],
    ["no path", withAssertion({ source: "json", op: "exists" }), ["/assertions/0/path json needs a JSON path in path, such as $.data.ok"]],
    ["a path too many", withAssertion({ source: "body", op: "exists", path: "$" }), ["/assertions/0/path body takes no path"]],
    ["an unknown phase", withAssertion({ source: "phase", op: "lt", value: 5, path: "lunch" }), ['/assertions/0/path "lunch" is not one of dns, connect, tls, first_byte, transfer']],
    ["no value", withAssertion({ source: "status", op: "eq" }), ["/assertions/0/value eq needs a value"]],
    ["a range that is none", withAssertion({ source: "status", op: "in", value: "2xx" }), ['/assertions/0/value "2xx" is not a status, a range such as "200-299,404", or a list of them']],
    ["a range backwards", withAssertion({ source: "status", op: "in", value: "299-200" }), ['/assertions/0/value "299-200" is not a status, a range such as "200-299,404", or a list of them']],
    ["text where a number is compared", withAssertion({ source: "latency", op: "lt", value: "800" }), ["/assertions/0/value must be a number"]],
    ["no list", withAssertion({ source: "body", op: "in", value: "a" }), ["/assertions/0/value must be a list of values"]],
  ];
  for (const [what, json, expected] of table) test(what, () => expect(problems(json)).toEqual(expected));

  test("patterns and paths are compiled", () => {
    expect(problems(withAssertion({ source: "body", op: "matches", value: "(?=a)" }))[0]).toStartWith("/assertions/0/value cannot be read: ");
    expect(problems(withAssertion({ source: "json", path: "$[", op: "exists" }))[0]).toStartWith("/assertions/0/path cannot be read: ");
    expect(problems({ name: "x", type: "tcp", target: { host: "x", port: 1, steps: [{ expect: { regex: "(" } }] } })[0]).toStartWith("/target/steps/0/expect/regex cannot be read: ");
  });
  test("sizes are bounded", () => {
    expect(problems({ ...http, name: "x".repeat(201) })).toEqual(["/name must be at most 200 characters"]);
    expect(problems(withTarget({ body: "x".repeat(70_000) }))).toHaveLength(1);
    expect(problems({ ...http, assertions: Array.from({ length: 51 }, () => ({ source: "body", op: "exists" })) })).toEqual(["/assertions at most 50 assertions"]);
  });
});

test("a pointer escapes its parts", () => {
  expect(problems(withTarget({ "a/b~c": 1 }))).toEqual(["/target/a~1b~0c is not known here"]);
});

test("no key reaches a prototype", () => {
  const json: unknown = JSON.parse('{"name":"x","type":"http","target":{"url":"http://a/","headers":{"__proto__":"x","constructor":"y"}},"tags":{"constructor":"c"}}');
  parseCheckDocument(json);
  expect(({} as { constructor: unknown }).constructor).toBe(Object);
});

test("every type knows its secrets, and every source its operators", () => {
  for (const type of Object.keys(sourcesOf) as CheckType[]) {
    expect(secretPathsOf(type)).toContain("tls.keyPem");
    for (const source of sourcesOf[type]) expect(ruleOf(source).ops.length).toBeGreaterThan(0);
  }
  expect(secretPathsOf("http")).toContain("headers.authorization");
  expect(secretPathsOf("http")).toContain("auth.clientSecret");
});

test("the shape can be given as JSON schema", () => {
  expect(Object.keys(z.toJSONSchema(checkDocumentSchema, { io: "input" }))).toContain("oneOf");
});
