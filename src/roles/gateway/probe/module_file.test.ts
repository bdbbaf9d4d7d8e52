import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCheckDocument } from "#ports/check_document";
import { testCertificates } from "../../../testing/certificates.ts";
import { moduleFile, type ModuleFile } from "./module_file.ts";

const setting = moduleFile("modules");

function withFile<T>(text: string, use: (path: string) => T, others: Record<string, string> = {}): T {
  const folder = mkdtempSync(join(tmpdir(), "uptimeping-modules-"));
  try {
    for (const [name, content] of Object.entries({ "blackbox.yml": text, ...others })) writeFileSync(join(folder, name), content);
    return use(join(folder, "blackbox.yml"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const problems = (text: string): string[] => withFile(text, (path) => setting.problemsOf!(path).map((line) => line.replace(path, "FILE")));
const moduleOf = (yaml: string, others: Record<string, string> = {}): NonNullable<ReturnType<ModuleFile["modules"]["get"]>> =>
  withFile(
    `modules:\n  it:\n${yaml.replaceAll(/^/gm, "    ")}`,
    (path) => {
      expect(setting.problemsOf!(path)).toEqual([]);
      return setting.parse(path)!.modules.get("it")!;
    },
    others,
  );

test("without a file the exporter's own examples are there, and every one makes a good check", () => {
  const { modules } = setting.parse("")!;
  expect([...modules.keys()]).toEqual(["http_2xx", "http_post_2xx", "tcp_connect", "pop3s_banner", "ssh_banner", "irc_banner", "grpc", "grpc_plain", "icmp"]);
  for (const [name, module] of modules) {
    const draft = module.draft(module.prober === "icmp" ? "example.com" : "example.com:443", "");
    expect([name, parseCheckDocument({ ...draft, name })]).toEqual([name, expect.objectContaining({ ok: true })]);
    expect(module.holdsSecrets).toBe(false);
  }
});

test("a file may give a built-in name another meaning, and leaves the others", () => {
  withFile("modules:\n  http_2xx:\n    prober: http\n    http:\n      method: HEAD\n", (path) => {
    const { modules } = setting.parse(path)!;
    expect(modules.get("http_2xx")!.draft("x", "").target).toMatchObject({ url: "http://x", method: "HEAD" });
    expect(modules.has("ssh_banner")).toBe(true);
    expect(String(setting.parse(path))).toBe(path);
  });
});

test("everything that is wrong is told at once, with its module, its field and what is allowed", () => {
  const text = `
global: 1
modules:
  a:
    prober: htttp
  b:
    prober: http
    timeout: 5
    https: {}
    http:
      valid_status_codes: [200, 2000]
      valid_http_versions: ["HTTP/3.0"]
      method: CONNECT
      fail_if_body_matches_regexp: ["(?=a)"]
      fail_if_header_matches:
      - regexp: a
      enable_http3: true
      fail_if_body_json_matches_cel: "body.a == 1"
      tls_config:
        ca_file: nowhere.pem
        max_version: TLS12
      colour: red
  c:
    prober: tcp
    tcp:
      source_ip_address: 10.0.0.1
      query_response:
      - expect: "("
  d:
    prober: icmp
    icmp:
      ttl: 5
      dont_fragment: true
  e:
    prober: dns
    dns:
      query_name: example.com
  f:
    prober: dns
    dns:
      query_name: example.com
      query_type: ANY
      query_class: CH
  g:
    prober: http
    http:
      method: CONNECT
  h:
    prober: http
    http:
      basic_auth: { username: u, password: p }
      bearer_token: t
`;
  expect(problems(text).map((line) => line.replace(/cannot be read: .*/, "cannot be read"))).toEqual([
    "FILE: global: is not known here, only modules",
    'FILE: module "a": prober: "htttp" is not one of http, tcp, dns, icmp, grpc',
    'FILE: module "b": timeout: must be a duration up to 2m, such as 5s',
    'FILE: module "b": https: is not known here',
    'FILE: module "b": http.tls_config.ca_file: cannot be read',
    'FILE: module "b": http.tls_config.max_version: is not supported: only min_version bounds the version',
    'FILE: module "b": http.valid_status_codes.1: must be a status',
    'FILE: module "b": http.valid_http_versions.0: must be one of HTTP/1.0, HTTP/1.1, HTTP/2, HTTP/2.0',
    'FILE: module "b": http.fail_if_body_matches_regexp.0: cannot be read',
    'FILE: module "b": http.fail_if_header_matches.0.header: must name a header',
    'FILE: module "b": http.fail_if_body_json_matches_cel: is not supported: there is no CEL: use fail_if_body_matches_regexp, or a check with a JSON path',
    'FILE: module "b": http.enable_http3: is not supported: HTTP/3 is not spoken',
    'FILE: module "b": http.colour: is not known here',
    'FILE: module "c": tcp.source_ip_address: is not supported: connections leave from the address that the system chooses',
    'FILE: module "c": tcp.query_response.0.expect: cannot be read',
    'FILE: module "d": icmp.ttl: is not supported: requests leave with the hop limit of the system',
    'FILE: module "d": icmp.dont_fragment: is not supported: the system decides whether packets are fragmented',
    'FILE: module "e": dns.query_type: must be said, such as A: servers no longer answer ANY, which the exporter asks when nothing is said',
    'FILE: module "f": dns.query_class: must be IN',
    'FILE: module "g": http: method: must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS',
    'FILE: module "h": http: basic_auth, authorization, bearer_token and oauth2 exclude each other',
  ]);
});

test("a file that is none says so", () => {
  expect(setting.problemsOf!("/nowhere/blackbox.yml")[0]).toStartWith('"/nowhere/blackbox.yml" cannot be read: ENOENT');
  expect(problems("modules: [\n")[0]).toStartWith("FILE: ");
  expect(problems("")).toEqual(["FILE: modules: is required"]);
  expect(problems("modules:\n  a:\n  a:\n")[0]).toContain("unique");
});

test("what asks for nothing is no problem", () => {
  expect(problems('modules:\n  a:\n    prober: http\n    tcp:\n    http:\n      headers:\n      enable_http3: false\n      source_ip_address: ""\n      no_proxy: ""\n      follow_redirects: yes\n')).toEqual([]);
});

test("an http module becomes an http check with all of its parts", () => {
  const { caPem, leaves } = testCertificates();
  const module = moduleOf(
    `prober: http
timeout: 1500ms
http:
  method: POST
  valid_status_codes: [200, 301]
  headers:
    Host: shop.example:8443
    X-Number: 7
  http_headers:
    X-More:
      values: [a, b]
  body: '{}'
  no_follow_redirects: true
  preferred_ip_protocol: ip4
  ip_protocol_fallback: false
  compression: gzip
  body_size_limit: 1MB
  enable_http2: false
  proxy_url: http://me:p%40ss@proxy.example:3128
  authorization:
    credentials: abc
  fail_if_body_matches_regexp: [down]
  fail_if_body_not_matches_regexp: [up]
  fail_if_header_matches:
  - { header: Set-Cookie, regexp: ".*", allow_missing: true }
  - { header: X-Bad, regexp: bad }
  fail_if_header_not_matches:
  - { header: Server, regexp: nginx }
  tls_config:
    ca_file: ca.pem
    cert_file: client.pem
    key_file: client.key
    min_version: TLS13`,
    { "ca.pem": caPem, "client.pem": leaves.client.certPem, "client.key": leaves.client.keyPem },
  );
  expect([module.timeoutMs, module.families, module.holdsSecrets]).toEqual([1_500, ["4"], true]);
  const { target, assertions } = module.draft("https://10.0.0.5/health", "");
  expect(target).toEqual({
    url: "https://10.0.0.5/health",
    method: "POST",
    headers: { "Accept-Encoding": "gzip", Host: "shop.example:8443", "X-Number": "7", "X-More": "a, b" },
    auth: { type: "bearer", token: "abc" },
    body: "{}",
    bodyEncoding: "raw",
    followRedirects: false,
    tls: { caPem: caPem.trimEnd(), certPem: leaves.client.certPem.trimEnd(), keyPem: leaves.client.keyPem.trimEnd(), minVersion: "1.3", serverName: "shop.example" },
    httpVersion: "1.1",
    proxy: { url: "http://proxy.example:3128/", username: "me", password: "p@ss" },
    maxBytes: 1_048_576,
  });
  expect(assertions.map(({ source, op, path = "", value = "" }) => `${source} ${path} ${op} ${JSON.stringify(value)}`)).toEqual([
    "status  in [200,301]",
    'header Set-Cookie not_matches ".*"',
    'header X-Bad exists ""',
    'header X-Bad not_matches "bad"',
    'header Server matches "nginx"',
    'body  not_matches "down"',
    'body  matches "up"',
    'header content-encoding contains "gzip"',
  ]);
  const shown = JSON.stringify(module.shown);
  for (const secret of ["abc", "p%40ss"]) expect(shown).not.toContain(secret);
  expect(shown).toContain("shop.example");
});

test("an address is asked for by name: hostname becomes Host and the name in the certificate", () => {
  const { modules } = setting.parse("")!;
  expect(modules.get("http_2xx")!.draft("https://10.0.0.5/", "shop.example").target).toMatchObject({ headers: { Host: "shop.example" }, tls: { serverName: "shop.example" } });
  expect(modules.get("pop3s_banner")!.draft("10.0.0.5:995", "mail.example").target).toMatchObject({ tls: { serverName: "mail.example" } });
  const own = moduleOf("prober: http\nhttp:\n  headers: { host: a.example }");
  expect(() => own.draft("10.0.0.5", "b.example")).toThrow('the module\'s Host header is "a.example", and the parameter hostname "b.example"');
});

test("a dialogue waits and sends in the order of the module, line by line", () => {
  const module = moduleOf(
    `prober: tcp
tcp:
  query_response:
  - expect: "^220 ([^ ]+) ESMTP (.+)$"
  - send: "EHLO prober\\r"
  - expect: "^250-STARTTLS"
  - send: "STARTTLS\\r"
  - expect: "^220"
  - starttls: true
  - expect: "^250 ([a-z]+)[$]\\\\$"
    send: "HELLO \${1}"
  - send: "QUIT\\r"`,
  );
  const line = (pattern: string) => ({ regex: `(?m)(?:${pattern})[^\\n]*\\n` });
  expect(module.draft("mail.example:25", "").target).toEqual({
    host: "mail.example",
    port: 25,
    tls: {},
    steps: [
      { expect: line("^220 ([^ ]+) ESMTP (.+)(?:\\r?$)") },
      { send: "EHLO prober\r\n", expect: line("^250-STARTTLS") },
      { send: "STARTTLS\r\n", expect: line("^220"), startTls: true },
      { expect: line("^250 ([a-z]+)[$]\\$") },
      { send: "HELLO ${1}\n", expand: true },
      { send: "QUIT\r\n" },
    ],
  });
  expect(() => module.draft("mail.example", "")).toThrow('"mail.example" is not host:port');
});

test("the other probers have theirs", () => {
  expect(moduleOf("prober: icmp\nicmp:\n  payload_size: 100").draft("::1", "").target).toEqual({ host: "::1", count: 1, size: 100 });
  const grpc = moduleOf("prober: grpc\ngrpc:\n  service: shop\n  tls: true\n  tls_config: { insecure_skip_verify: true }\n  metadata: { x-a: [b] }");
  expect(grpc.draft("https://[::1]", "").target).toEqual({ address: "[::1]:443", mode: "health", service: "shop", tls: { skipVerify: true }, metadata: { "x-a": "b" } });
  expect(grpc.skipsVerification).toBe(true);
  const dns = moduleOf("prober: dns\ndns:\n  query_name: example.com\n  query_type: SOA\n  transport_protocol: tcp\n  recursion_desired: false\n  valid_rcodes: [NOERROR, NXDOMAIN]");
  expect(dns.draft("192.0.2.53:5353", "")).toEqual({
    type: "dns",
    assertions: [{ source: "rcode", op: "in", value: ["NOERROR", "NXDOMAIN"], severity: "down" }],
    target: { name: "example.com", recordType: "SOA", server: "192.0.2.53:5353", transport: "tcp", recursion: false },
  });
});
