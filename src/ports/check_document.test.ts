import { describe, expect, test } from "bun:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { z } from "zod";
import { testCertificates } from "../testing/certificates.ts";
import { shopProto } from "../testing/grpc_shop.ts";
import { descriptorSetOf } from "../testing/reflecting_server.ts";
import { operators, ruleOf, sourcesOf, type CheckType } from "./assertion_language.ts";
import { checkDocumentSchema, parseCheckDocument } from "./check_document.ts";
import { secretPaths } from "./check_targets.ts";

const { leaves } = testCertificates();
const http = { name: "Shop", type: "http", target: { url: "https://shop.example/health" } };
const withTarget = (target: object) => ({ ...http, target: { ...http.target, ...target } });
const graphql = (target: object) => ({ name: "Api", type: "graphql", target: { url: "https://api.example/", query: "{ ok }", ...target } });
const withAssertion = (assertion: object, rest: object = http) => ({ ...rest, assertions: [assertion] });
const dns = (target: object) => ({ name: "x", type: "dns", target: { name: "example.com", ...target } });
const icmp = (target: object) => ({ name: "x", type: "icmp", target: { host: "example.com", ...target } });

function problems(json: unknown): string[] {
  const parsed = parseCheckDocument(json);
  return parsed.ok ? [] : parsed.fields.map(({ pointer, message }) => `${pointer} ${message}`);
}

test("a check of three fields gets every default", () => {
  expect(parseCheckDocument(http)).toEqual({
    ok: true,
    check: {
      name: "Shop", type: "http", enabled: true, target: { url: "https://shop.example/health" }, assertions: [], timeoutMs: 10_000, retries: 1, retryDelayMs: 1_000,
      failureThreshold: 2, recoveryThreshold: 2, quorum: "majority", locations: ["default"], tags: {}, dependsOn: [], channels: [],
    },
  });
});

test("a heartbeat has no patience but its grace: one result opens and resolves", () => {
  expect(parseCheckDocument({ name: "Backup", type: "heartbeat", target: { period: "1d", grace: "1h" } })).toMatchObject({ ok: true, check: { retries: 0, failureThreshold: 1, recoveryThreshold: 1 } });
  expect(parseCheckDocument({ name: "Backup", type: "heartbeat", target: { cron: "0 2 * * *" }, failureThreshold: 3 })).toMatchObject({ ok: true, check: { failureThreshold: 3 } });
});

test("everything that the documentation shows is accepted", () => {
  const accepted = [
    { ...http, locations: ["default", "eu-1", "0", "a".repeat(40)], quorum: "any" },
    { ...http, target: { url: "https://shop.example/health", method: "GET", headers: { "X-A": "1" } }, assertions: [{ source: "status", op: "in", value: "200-299" }, { source: "json", path: "$.ok", op: "eq", value: true }, { source: "latency", op: "lt", value: 800, severity: "degraded" }], tags: { env: "prod" }, dependsOn: ["chk_01J"], channels: ["chn_01J"], severity: "warning" },
    withTarget({ method: "POST", body: { a: [1] }, auth: { type: "basic", username: "u", password: "p" }, followRedirects: true, maxRedirects: 10, ipFamily: "4", resolve: "::1", proxy: { url: "http://proxy:3128" }, maxBytes: 1_000 }),
    withTarget({ httpVersion: "auto" }),
    { ...graphql({ httpVersion: "2", partialData: "degraded", watchSchema: true, operationName: "Q" }), assertions: [{ source: "schema_hash", op: "eq", value: "ab" }] },
    withTarget({ auth: { type: "oauth2", tokenUrl: "https://id.example/token", clientId: "a", clientSecret: "***", scopes: ["x"] }, tls: { serverName: "x", minVersion: "1.3", skipVerify: true } }),
    { name: "Mail", type: "tcp", target: { host: "mail.example", port: 25, starttls: "smtp", steps: [{ send: "NOOP\r\n", expect: { regex: "^250" } }, { sendHex: "ff00" }] } },
    { name: "Db", type: "tcp", target: { host: "::1", port: 5432, tls: true } },
    { name: "Db", type: "tcp", target: { host: "[2001:db8::1]", port: 5432, tls: { serverName: "db_1.example.", certPem: leaves.client.certPem, keyPem: leaves.client.keyPem } } },
    { name: "Api", type: "grpc", target: { address: "api:443", tls: true, service: "shop.v1.Shop" } },
    { name: "Api", type: "grpc", target: { address: "[::1]:443", mode: "call", service: "a.B", method: "C", protoSetId: "prt_01J", request: { a: 1 } } },
    { name: "Cert", type: "tls", target: { host: "shop.example", protocols: ["h2"] }, assertions: [{ source: "subject_alt_names", op: "eq", value: ["shop.example"] }, { source: "subject_alt_names", op: "contains", value: "*.shop.example" }, { source: "tls_version", op: "gte", value: 1.2 }, { source: "tls_version", op: "in", value: ["1.2", "1.3"] }, { source: "chain_days", op: "gte", value: 21, severity: "degraded" }] },
    { name: "Feed", type: "websocket", target: { url: "wss://shop.example/feed", subprotocols: ["v2"], headers: { Origin: "https://shop.example" }, steps: [{ send: "hi", expect: { text: "hi" } }] }, assertions: [{ source: "status", op: "eq", value: 401 }, { source: "message", op: "exists" }, { source: "json", path: "$.ok", op: "eq", value: true }] },
    { name: "Gql", type: "graphql", target: { url: "http://localhost:4000/", query: "{ me { id } }", variables: { a: null }, allowErrors: true } },
    { ...dns({ name: "_dmarc.b\u00fccher.example.", recordType: "TXT", server: "[::1]:5353", transport: "tcp", recursion: false, dnssec: true, ipFamily: "6" }), assertions: [{ source: "records", op: "eq", value: ["a", "b"] }, { source: "rcode", op: "in", value: ["NOERROR", "NXDOMAIN"] }, { source: "ttl", op: "gte", value: 60 }] },
    dns({ server: "dns.example:853", transport: "tls", tls: { serverName: "dns.example" } }),
    dns({ name: ".", recordType: "NS", server: "2001:db8::1" }),
    { ...icmp({ count: 20, size: 8_000, intervalMs: 100, resolve: "::1" }), assertions: [{ source: "loss", op: "lt", value: 50 }, { source: "jitter", op: "lt", value: 5, severity: "degraded" }] },
  ];
  for (const json of accepted) expect(problems(json)).toEqual([]);
});

describe("what is wrong is named, and what would be right", () => {
  const heartbeat = (target: object) => ({ name: "Backup", type: "heartbeat", target });
  const durations = (to: string) => `must be a duration from 1s to ${to}, such as "5m"`;
  const table: [string, unknown, string[]][] = [
    ["a heartbeat without a time", heartbeat({}), ["/target/period either period or cron is needed, not both"]],
    ["a heartbeat with two times", heartbeat({ period: "1h", cron: "0 * * * *" }), ["/target/period either period or cron is needed, not both"]],
    ["a zone without cron", heartbeat({ period: "1h", timezone: "Europe/Riga" }), ["/target/timezone goes with cron"]],
    ["durations that are none", heartbeat({ period: "hourly", grace: "0s", maxRun: "32d" }), [`/target/period ${durations("366d")}`, `/target/grace ${durations("31d")}`, `/target/maxRun ${durations("31d")}`]],
    ["a source that a heartbeat has not", { ...heartbeat({ period: "1h" }), assertions: [{ source: "latency", op: "lt", value: 1 }] }, ['/assertions/0/source "latency" is not known of a heartbeat check, only run_duration, exit_code']],
    ["no object", null, [" must be a JSON object"]],
    ["no name", { type: "http", target: http.target }, ["/name is required"]],
    ["an empty name", { ...http, name: " " }, ["/name must not be empty"]],
    ["a line break in the name", { ...http, name: "Shop\r\nBcc: a@b.example" }, ["/name must not hold line breaks or other control characters"]],
    ["an escape in the name", { ...http, name: "Shop\u001b[2J" }, ["/name must not hold line breaks or other control characters"]],
    ["a line break in a tag", { ...http, tags: { env: "prod\n" } }, ["/tags/env must not hold line breaks or other control characters"]],
    ["an unknown type", { ...http, type: "ping" }, ["/type must be one of http, grpc, graphql, tcp, tls, dns, icmp, websocket, heartbeat"]],
    ["no target", { name: "x", type: "http" }, ["/target is required"]],
    ["an unknown key", { ...http, schedule: { every: "30s" } }, ["/schedule is not known here"]],
    ["an unknown key in the target", withTarget({ uri: "x" }), ["/target/uri is not known here"]],
    ["several things at once", { ...http, name: 5, timeoutMs: 50, retries: -1 }, ["/name must be a text", "/timeoutMs must be at least 100", "/retries must be at least 0"]],
    ["a timeout out of range", { ...http, timeoutMs: 120_001 }, ["/timeoutMs must be at most 120000"]],
    ["half a retry", { ...http, retries: 0.5 }, ["/retries must be a whole number from 0 to 10"]],
    ["no location at all", { ...http, locations: [] }, ["/locations must name at least one location"]],
    ["too many locations", { ...http, locations: Array.from({ length: 21 }, (_, i) => `eu-${i}`) }, ["/locations at most 20 locations"]],
    ["a location twice", { ...http, locations: ["eu-1", "default", "eu-1"] }, ['/locations/2 "eu-1" is named twice']],
    ["names that no location has", { ...http, locations: ["EU", "eu-", "a".repeat(41)] }, [0, 1, 2].map((i) => `/locations/${i} must be the name of a location, such as eu-1: 1 to 40 small letters, digits or hyphens, the first and the last no hyphen`)],
    ["a heartbeat at a location", { name: "Backup", type: "heartbeat", target: { period: "1d" }, locations: ["eu-1"] }, ['/locations a heartbeat runs nowhere: its job reports, and only ["default"] can stand here']],
    ["an id that is none", { ...http, channels: ["ops"] }, ["/channels/0 must be the id of a channel, such as chn_01J…"]],
    ["a tag name with a space", { ...http, tags: { "a b": "c" } }, ["/tags/a b must be 1 to 63 letters, digits or ._-/"]],
    ["an unknown version of HTTP", withTarget({ httpVersion: "3" }), ["/target/httpVersion must be 1.1, 2 or auto"]],
    ["an odd view of partial data", graphql({ partialData: "ok" }), ["/target/partialData must be down, degraded or allow"]],
    ["a watch that is no choice", graphql({ watchSchema: "yes" }), ["/target/watchSchema must be true or false"]],
    ["a hash of a schema that is not read", { ...graphql({}), assertions: [{ source: "schema_hash", op: "eq", value: "ab" }] }, ["/assertions/0/source schema_hash needs watchSchema in the target"]],
    ["no URL", withTarget({ url: "shop" }), ['/target/url "shop" is not a URL such as https://example.com/health']],
    ["a file URL", withTarget({ url: "file:///etc/passwd" }), ['/target/url the scheme "file" cannot be checked, only http and https']],
    ["a gopher URL", withTarget({ url: "gopher://x/" }), ['/target/url the scheme "gopher" cannot be checked, only http and https']],
    ["credentials in the URL", withTarget({ url: "http://u:p@x/" }), ["/target/url must not hold a user name or password: use auth"]],
    ["a line break in a header", withTarget({ headers: { "X-A": "a\r\nX-B: c" } }), ["/target/headers/X-A must not hold line breaks or other control characters"]],
    ["an escape in a header", withTarget({ headers: { "X-A": "a\u001b[2J", "X-B": "a\tb" } }), ["/target/headers/X-A must not hold line breaks or other control characters"]],
    ["a bell in gRPC metadata", { name: "x", type: "grpc", target: { address: "x:1", metadata: { "x-a": "\u0007" } } }, ["/target/metadata/x-a must be printable ASCII: anything else goes, in base64, under a key that ends in -bin"]],
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
    ["a host with its port", { name: "x", type: "tcp", target: { host: "x:80", port: 80 } }, ["/target/host must be a host name or an IP address, without a port"]],
    ["a host of digits and colons", { name: "x", type: "icmp", target: { host: "1:2:3" } }, ["/target/host must be a host name or an IP address"]],
    ["a host with an empty label", { name: "x", type: "tls", target: { host: "a..b" } }, ["/target/host must be a host name or an IP address"]],
    ["a host beyond ASCII", { name: "x", type: "tcp", target: { host: "b\u00fccher.example", port: 80 } }, ["/target/host must be written in ASCII: xn--bcher-kva.example"]],
    ["a server name with a line break", withTarget({ tls: { serverName: "a\r\nb" } }), ["/target/tls/serverName must be a host name or an IP address"]],
    ["no server name", withTarget({ tls: { serverName: "" } }), ["/target/tls/serverName must be a host name or an IP address"]],
    ["a key of another certificate", withTarget({ tls: { certPem: leaves.good.certPem, keyPem: leaves.client.keyPem } }), ["/target/tls/keyPem is not the key of certPem"]],
    ["a list where an object is needed", withTarget({ headers: [], proxy: "http://proxy:3128" }), ["/target/headers must be an object", "/target/proxy must be an object"]],
    ["an object where a list is needed", { name: "x", type: "tcp", target: { host: "x", port: 80, steps: {} } }, ["/target/steps must be a list"]],
    ["a step that expects nothing", { name: "x", type: "tcp", target: { host: "x", port: 80, steps: [{ expect: { text: "" } }] } }, ["/target/steps/0/expect/text must not be empty"]],
    ["a step that does nothing", { name: "x", type: "tcp", target: { host: "x", port: 80, steps: [{}] } }, ["/target/steps/0 must send or expect something"]],
    ["a step that expects two things", { name: "x", type: "tcp", target: { host: "x", port: 80, steps: [{ expect: { text: "a", regex: "b" } }] } }, ["/target/steps/0/expect must hold exactly one of text, regex and bytesHex"]],
    ["a step that fills in nothing", { name: "x", type: "tcp", target: { host: "x", port: 80, steps: [{ expand: true, expect: { text: "a" } }] } }, ["/target/steps/0 expand goes with send"]],
    ["a step that begins TLS in words", { name: "x", type: "tcp", target: { host: "x", port: 80, steps: [{ startTls: "yes" }] } }, ["/target/steps/0/startTls must be true or false"]],
    ["a step that begins TLS again", { name: "x", type: "tcp", target: { host: "x", port: 80, steps: [{ startTls: true }, { send: "a", startTls: true }] } }, ["/target/steps/1/startTls begins TLS a second time"]],
    ["a step that begins TLS beside starttls", { name: "x", type: "tcp", target: { host: "x", port: 80, starttls: "smtp", steps: [{ startTls: true }] } }, ["/target/steps/0/startTls begins TLS a second time"]],
    ["a message that begins TLS", { name: "x", type: "websocket", target: { url: "ws://x/", steps: [{ send: "a", startTls: true }] } }, ["/target/steps/0/startTls is not known here"]],
    ["a call without its method", { name: "x", type: "grpc", target: { address: "x:1", mode: "call", service: "a.B", protoSetId: "prt_1" } }, ["/target/method is required in mode call"]],
    ["a method without its mode", { name: "x", type: "grpc", target: { address: "x:1", service: "a.B", method: "Get" } }, ["/target/method belongs to mode call, and the mode is health: add \"mode\": \"call\""]],
    ["an address without a port", { name: "x", type: "grpc", target: { address: "x" } }, ["/target/address must be host:port, such as api.example.com:443"]],
    ["an address with a port out of range", { name: "x", type: "grpc", target: { address: "x:65536" } }, ["/target/address must have a port from 1 to 65535"]],
    ["an address of port 0", { name: "x", type: "grpc", target: { address: "[::1]:0" } }, ["/target/address must have a port from 1 to 65535"]],
    ["an address beyond ASCII", { name: "x", type: "grpc", target: { address: "b\u00fccher.example:443" } }, ["/target/address must be written in ASCII: xn--bcher-kva.example"]],
    ["a URL as authority", { name: "x", type: "grpc", target: { address: "x:1", authority: "http://x/" } }, ["/target/authority must be a host, with or without a port"]],
    ["a URL of another kind for a websocket", { name: "x", type: "websocket", target: { url: "https://x/" } }, ['/target/url the scheme "https" cannot be checked, only ws and wss']],
    ["a header that the handshake sets", { name: "x", type: "websocket", target: { url: "ws://x/", headers: { "Sec-WebSocket-Protocol": "a" } } }, ["/target/headers/Sec-WebSocket-Protocol is part of the handshake and set by it: subprotocols are offered in subprotocols"]],
    ["a subprotocol with a space", { name: "x", type: "websocket", target: { url: "ws://x/", subprotocols: ["a b"] } }, ["/target/subprotocols/0 cannot be the name of a subprotocol"]],
    ["a protocol without STARTTLS", { name: "x", type: "tls", target: { host: "x", starttls: "http" } }, ["/target/starttls must be one of smtp, imap, pop3, ftp, ldap, postgres, mysql, xmpp"]],
    ["a version of TLS by its long name", withAssertion({ source: "tls_version", op: "eq", value: "TLSv1.3" }, { name: "x", type: "tls", target: { host: "x" } }), ['/assertions/0/value "TLSv1.3" is not a version of TLS: 1.0, 1.1, 1.2 or 1.3']],
    ["a version of TLS where a list is needed", withAssertion({ source: "tls_version", op: "in", value: "1.3" }, { name: "x", type: "tls", target: { host: "x" } }), ["/assertions/0/value must be a list of values"]],
    ["a set of other things", withAssertion({ source: "subject_alt_names", op: "eq", value: [1] }, { name: "x", type: "tls", target: { host: "x" } }), ["/assertions/0/value must be a text, or a list of texts"]],
    ["a list where one name is looked for", withAssertion({ source: "subject_alt_names", op: "contains", value: ["a"] }, { name: "x", type: "tls", target: { host: "x" } }), ["/assertions/0/value must be a text or a number"]],
    ["a source of another type", withAssertion({ source: "banner", op: "exists" }), ['/assertions/0/source "banner" is not known of a http check, only status, header, body, json, body_bytes, redirect_url, certificate_days, latency, phase, remote_address']],
    ["an unknown operator", withAssertion({ source: "body", op: "like", value: "x" }), [`/assertions/0/op must be one of ${operators.join(", ")}`]],
    ["an operator that does not fit", withAssertion({ source: "latency", op: "contains", value: "x" }), ['/assertions/0/op "contains" does not go with latency, only eq, ne, lt, lte, gt, gte']],
    ["no path", withAssertion({ source: "json", op: "exists" }), ["/assertions/0/path json needs a JSON path in path, such as $.data.ok"]],
    ["a path too many", withAssertion({ source: "body", op: "exists", path: "$" }), ["/assertions/0/path body takes no path"]],
    ["an unknown phase", withAssertion({ source: "phase", op: "lt", value: 5, path: "lunch" }), ['/assertions/0/path "lunch" is not one of dns, connect, tls, first_byte, transfer']],
    ["no value", withAssertion({ source: "status", op: "eq" }), ["/assertions/0/value eq needs a value"]],
    ["a range that is none", withAssertion({ source: "status", op: "in", value: "2xx" }), ['/assertions/0/value "2xx" is not a status, a range such as "200-299,404", or a list of them']],
    ["a range backwards", withAssertion({ source: "status", op: "in", value: "299-200" }), ['/assertions/0/value "299-200" is not a status, a range such as "200-299,404", or a list of them']],
    ["text where a number is compared", withAssertion({ source: "latency", op: "lt", value: "800" }), ["/assertions/0/value must be a number"]],
    ["a domain name that is none", dns({ name: "a b.example" }), ["/target/name must be a domain name, such as example.com"]],
    ["an empty label", dns({ name: "b\u00fccher..example" }), ["/target/name must be a domain name, such as example.com"]],
    ["a record type that cannot be asked for", dns({ recordType: "ANY" }), ["/target/recordType must be one of A, AAAA, CAA, CNAME, DNSKEY, DS, HTTPS, MX, NAPTR, NS, PTR, SOA, SRV, SSHFP, SVCB, TLSA, TXT"]],
    ["a URL as server", dns({ server: "https://dns.example/" }), ["/target/server must be a server such as 1.1.1.1, [::1]:5353 or dns.example:53"]],
    ["a server's port out of range", dns({ server: "[::1]:70000" }), ["/target/server must have a port from 1 to 65535"]],
    ["port 0 of a server", dns({ server: "dns.example:0" }), ["/target/server must have a port from 1 to 65535"]],
    ["an unknown transport", dns({ transport: "https" }), ["/target/transport must be udp, tcp or tls"]],
    ["tls without its server", dns({ transport: "tls" }), ["/target/server is required with transport tls"]],
    ["tls over udp", dns({ tls: {} }), ["/target/tls goes with transport tls"]],
    ["a misspelt response code", withAssertion({ source: "rcode", op: "ne", value: "NXDOMIAN" }, dns({})), ['/assertions/0/value "NXDOMIAN" is not one of NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN, YXRRSET, NXRRSET, NOTAUTH, NOTZONE, BADVERS, BADCOOKIE']],
    ["a misspelt serving status", withAssertion({ source: "serving_status", op: "in", value: ["SERVING", "SERVNG"] }, { name: "x", type: "grpc", target: { address: "x:1" } }), ['/assertions/0/value "SERVNG" is not one of UNKNOWN, SERVING, NOT_SERVING, SERVICE_UNKNOWN']],
    ["records that are no text", withAssertion({ source: "records", op: "eq", value: ["192.0.2.1", 5] }, dns({})), ["/assertions/0/value must be a text, or a list of texts"]],
    ["a list where one record is looked for", withAssertion({ source: "records", op: "contains", value: ["192.0.2.1"] }, dns({})), ["/assertions/0/value must be a text or a number"]],
    ["too many echo requests", icmp({ count: 21 }), ["/target/count must be at most 20"]],
    ["a payload without room for its mark", icmp({ size: 8 }), ["/target/size must be at least 16"]],
    ["an interval of nothing", icmp({ intervalMs: 0 }), ["/target/intervalMs must be at least 10"]],
    ["requests that do not fit in the timeout", { ...icmp({ intervalMs: 5_000 }), timeoutMs: 10_000 }, ["/target/intervalMs the last of 3 requests would leave after 10000 ms, and timeoutMs is 10000"]],
    ["a number that was rounded", withAssertion({ source: "json", path: "$.id", op: "eq", value: 2 ** 53 + 2 }), ["/assertions/0/value 9007199254740994 is beyond 2^53, where JSON numbers run into each other: look for it as text in the body"]],
    ["a rounded number in a list", withAssertion({ source: "json", path: "$.id", op: "not_in", value: [1, 2 ** 53] }), ["/assertions/0/value 9007199254740992 is beyond 2^53, where JSON numbers run into each other: look for it as text in the body"]],
    ["no list", withAssertion({ source: "body", op: "in", value: "a" }), ["/assertions/0/value must be a list of values"]],
  ];
  for (const [what, json, expected] of table) test(what, () => expect(problems(json)).toEqual(expected));

  test("patterns and paths are compiled", () => {
    expect(problems(withAssertion({ source: "body", op: "matches", value: "(?=a)" }))[0]).toStartWith("/assertions/0/value cannot be read: ");
    expect(problems(withAssertion({ source: "json", path: "$[", op: "exists" }))[0]).toStartWith("/assertions/0/path cannot be read: ");
    expect(problems({ name: "x", type: "tcp", target: { host: "x", port: 1, steps: [{ expect: { regex: "(" } }] } })[0]).toStartWith("/target/steps/0/expect/regex cannot be read: ");
  });
  test("paths that could take more than linear time are refused, by whatever they hide in", () => {
    const path = (text: string) => problems(withAssertion({ source: "json", path: text, op: "exists" }))[0];
    expect(path("$.a[?count($[*])>1]")).toBe("/assertions/0/path cannot be read: a filter of a JSON path looks at @, not at the whole document ($)");
    expect(path("$.a[?@==$]")).toBe("/assertions/0/path cannot be read: a filter of a JSON path looks at @, not at the whole document ($)");
    expect(path(`$${"[0,0]".repeat(9)}`)).toBe("/assertions/0/path cannot be read: a JSON path has at most 8 commas");
    for (const good of ["$['$']", '$["a,b"]', "$.items[?@.price=='$']", "$.a['b','c']", "$.list[0,1,2,3,4,5,6,7,8]"]) expect(path(good)).toBeUndefined();
  });
  test("sizes are bounded", () => {
    expect(problems({ ...http, name: "x".repeat(201) })).toEqual(["/name must be at most 200 characters"]);
    expect(problems(withTarget({ body: "x".repeat(70_000) }))).toHaveLength(1);
    expect(problems(graphql({ variables: { x: "x".repeat(66_000) } }))).toEqual(["/target/variables must be at most 65536 characters of JSON"]);
    expect(problems({ name: "x", type: "grpc", target: { address: "x:1", mode: "call", service: "a.B", method: "Get", reflection: true, request: { x: "x".repeat(66_000) } } })).toEqual(["/target/request must be at most 65536 characters of JSON"]);
    expect(problems(withTarget({ headers: Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`x${index}`, 1])) }))).toHaveLength(100);
    expect(problems({ ...http, assertions: Array.from({ length: 51 }, () => ({ source: "body", op: "exists" })) })).toEqual(["/assertions at most 50 assertions"]);
  });
});

describe("a gRPC call", () => {
  const descriptorSet = Buffer.from(descriptorSetOf({ "shop.proto": shopProto })).toString("base64");
  const grpc = (target: object, rest: object = {}) => ({ name: "Api", type: "grpc", target: { address: "api:443", ...target }, ...rest });
  const call = (target: object) => grpc({ mode: "call", service: "shop.v1.ShopService", method: "GetStock", descriptorSet, ...target });
  const withStatus = (op: string, value: unknown) => grpc({}, { assertions: [{ source: "grpc_status", op, value }] });

  test("is tried against its descriptor set, and metadata may be bytes or many", () => {
    const accepted = [
      call({ request: { article: "a" } }),
      call({ method: "WatchStock", reflection: true }),
      call({ descriptorSet: undefined, reflection: "v1alpha" }),
      call({ metadata: { "x-many": ["a", "b"], "x-bytes-bin": ["AQI=", "AQI", ""], "User-Agent": "curl" } }),
      ...["OK", "not_found", "OK,5", "1-16", 5, ["OK", 5]].map((value) => withStatus("in", value)),
    ];
    for (const json of accepted) expect(problems(json)).toEqual([]);
  });

  const table: [string, unknown, string[]][] = [
    ["no descriptors", call({ descriptorSet: undefined }), ["/target/protoSetId is required in mode call, unless descriptorSet or reflection says what the messages are"]],
    ["two sets", call({ protoSetId: "prt_1" }), ["/target/descriptorSet excludes protoSetId"]],
    ["text that is not base64", call({ descriptorSet: "%" }), ["/target/descriptorSet must be a FileDescriptorSet in base64"]],
    ["bytes that are no set", call({ descriptorSet: "AAAA" }), ["/target/descriptorSet cannot be used: illegal tag: field no 0 wire type 0"]],
    ["a set without its imports", call({ descriptorSet: Buffer.from(withoutImports()).toString("base64") }), ["/target/descriptorSet cannot be used: a.proto imports b.proto, which is missing: build the set with its imports (protoc --include_imports, buf build)"]],
    ["a service that is not there", call({ service: "shop.v1.Shop" }), ["/target/service the descriptor set has no service shop.v1.Shop, only shop.v1.ShopService"]],
    ["a method that is not there", call({ method: "getStock" }), ["/target/method service shop.v1.ShopService has no method getStock, only GetStock, WatchStock"]],
    ["a request that does not fit", call({ request: { articel: "a" } }), ['/target/request the request does not fit shop.v1.GetStockRequest: cannot decode message shop.v1.GetStockRequest from JSON: key "articel" is unknown']],
    ["another reflection", grpc({ reflection: "v2" }), ["/target/reflection must be true, false, v1 or v1alpha"]],
    ["metadata of the call itself", grpc({ metadata: { "Grpc-Timeout": "1S" } }), ["/target/metadata/Grpc-Timeout is set by the check itself"]],
    ["a key with a space", grpc({ metadata: { "a b": "1" } }), ["/target/metadata/a b cannot be the key of metadata: use letters, digits and _.-"]],
    ["bytes as text", grpc({ metadata: { "x-bin": "not base64!" } }), ["/target/metadata/x-bin must be bytes in base64, because the key ends in -bin"]],
    ["text beyond ASCII", grpc({ metadata: { "x-name": ["a", "ä"] } }), ["/target/metadata/x-name must be printable ASCII: anything else goes, in base64, under a key that ends in -bin"]],
    ["a secret of several values", grpc({ metadata: { Authorization: ["a", "b"] } }), ["/target/metadata/Authorization is a secret and takes one value"]],
    ["two tokens", grpc({ auth: { type: "bearer", token: "t" }, metadata: { authorization: "x" } }), ["/target/auth excludes the metadata authorization"]],
    ["no value", grpc({ metadata: { x: [] } }), ["/target/metadata/x must hold a value"]],
    ["a status that is none", withStatus("eq", "FINE"), ['/assertions/0/value "FINE" is not a gRPC status such as 5 or "NOT_FOUND", a range such as "1-16", or a list of them']],
    ["a name that is compared", withStatus("lt", "OK"), ["/assertions/0/value must be a number"]],
    ["a gRPC status in HTTP", withAssertion({ source: "status", op: "eq", value: "OK" }), ['/assertions/0/value "OK" is not a status, a range such as "200-299,404", or a list of them']],
  ];
  for (const [what, json, expected] of table) test(what, () => expect(problems(json)).toEqual(expected));
});

function withoutImports(): Uint8Array {
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [{ name: "a.proto", dependency: ["b.proto"] }] }));
}

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
    if (type !== "icmp" && type !== "heartbeat") expect(secretPaths[type]).toContain("tls.keyPem");
    for (const source of sourcesOf[type]) expect(ruleOf(source).ops.length).toBeGreaterThan(0);
  }
  expect(secretPaths.http).toContain("headers.authorization");
  expect(secretPaths.http).toContain("auth.clientSecret");
});

test("the shape can be given as JSON schema", () => {
  expect(Object.keys(z.toJSONSchema(checkDocumentSchema, { io: "input" }))).toContain("oneOf");
});

test("a quorum is any, majority, all, or how many; anything else is refused with what would be right", () => {
  const parsed = (quorum: unknown) => parseCheckDocument({ name: "Shop", type: "http", target: { url: "https://shop.example" }, quorum });
  for (const quorum of ["any", "majority", "all", 2]) expect(parsed(quorum)).toMatchObject({ ok: true, check: { quorum } });
  expect(parsed(0)).toMatchObject({ ok: false, fields: [{ pointer: "/quorum", message: "must be at least 1" }] });
  for (const quorum of ["most", null]) {
    expect(parsed(quorum)).toEqual({ ok: false, fields: [{ pointer: "/quorum", message: 'must be "any", "majority", "all", or a whole number from 1 to 100' }] });
  }
});
