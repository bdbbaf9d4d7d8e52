/** `GET /probe` over a real gateway, with probes that really connect. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext, TLSSocket } from "node:tls";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { testCertificates } from "../../../testing/certificates.ts";
import { startFakeSite } from "../../../testing/fake_site.ts";
import { startGrpcShop } from "../../../testing/grpc_shop.ts";
import { executed } from "../../../testing/run_check.ts";
import { bearer, startTestGateway, type FakeRoles, type TestGatewayOptions } from "../test_gateway.ts";
import { moduleFile } from "./module_file.ts";

const folder = mkdtempSync(join(tmpdir(), "uptimeping-probe-"));
const servers: Server[] = [];
afterAll(() => {
  rmSync(folder, { recursive: true });
  for (const server of servers) server.close();
});

interface Asked {
  /** YAML of one module, which is then named `it`. */
  module?: string;
  headers?: Record<string, string>;
  roles?: FakeRoles;
  settings?: TestGatewayOptions["settings"];
}

/** What a gateway of its own answers to `/probe?query`. */
async function ask(query: Record<string, string>, { module, headers = bearer("editor"), roles, settings }: Asked = {}) {
  const path = join(folder, "blackbox.yml");
  if (module !== undefined) writeFileSync(path, `modules:\n  it:\n${module.trim().replaceAll(/^/gm, "    ")}\n`);
  const field = moduleFile("");
  if (module !== undefined) expect(field.problemsOf!(path)).toEqual([]);
  const ran: Check[] = [];
  const core: FakeRoles["core"] = {
    executeCheck: ({ check }) => {
      ran.push(check as Check);
      return executed(check as Check);
    },
  };
  await using gateway = startTestGateway({ core, ...roles }, { settings: { probeModules: field.parse(module === undefined ? "" : path)!, ...settings } });
  const response = await gateway.fetch(`/probe?${new URLSearchParams({ ...(module !== undefined && { module: "it" }), ...query }).toString()}`, { headers });
  const text = await response.text();
  return { status: response.status, type: response.headers.get("content-type"), text, values: response.status === 200 ? valuesIn(text) : {}, ran, audited: gateway.audited };
}

/** `name{labels}` → value. */
function valuesIn(text: string): Record<string, number> {
  return Object.fromEntries(text.split("\n").flatMap((line) => (line === "" || line.startsWith("#") ? [] : [[line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]])));
}

async function listen(converse: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => converse(socket.on("error", () => {})));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("a scrape", () => {
  test("without a module is http_2xx, and every metric says what it is", async () => {
    await using site = await startFakeSite({ body: "hi" });
    const { status, type, text, values, audited } = await ask({ target: `127.0.0.1:${site.port}` });
    expect([status, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    expect(values).toMatchObject({ probe_success: 1, probe_http_status_code: 200, probe_http_content_length: 2, probe_ip_protocol: 4, probe_failed_due_to_regex: 0 });
    const names = new Set(Object.keys(values).map((key) => key.replace(/\{.*/, "")));
    for (const name of names) expect([name, text.includes(`# HELP ${name} `), text.includes(`# TYPE ${name} gauge\n`)]).toEqual([name, true, true]);
    expect(audited).toEqual([]);
  });

  test("that cannot be answered is refused with a sentence", async () => {
    expect(await ask({})).toMatchObject({ status: 400, text: expect.stringContaining("the parameter target is missing") });
    expect(await ask({ target: "x", module: "nope" })).toMatchObject({ status: 400, text: expect.stringContaining('unknown module \\"nope\\": it is one of http_2xx, ') });
    expect(await ask({ target: "x", colour: "red" })).toMatchObject({ status: 422, text: expect.stringContaining("unknown field") });
    for (const wrong of ["soon", "0", "-1"]) expect(await ask({ target: "x" }, { headers: { ...bearer("editor"), "x-prometheus-scrape-timeout-seconds": wrong } })).toMatchObject({ status: 400, text: expect.stringContaining("is not a number of seconds") });
  });

  test("needs an editor, or a key for it", async () => {
    const target = "127.0.0.1:9";
    const key = (text: string) => ({ authorization: `Bearer ${text}` });
    expect(await ask({ target }, { headers: {} })).toMatchObject({ status: 401 });
    expect(await ask({ target }, { headers: bearer("viewer") })).toMatchObject({ status: 403 });
    expect(await ask({ target }, { headers: key("key_editor_checks:write") })).toMatchObject({ status: 403 });
    expect(await ask({ target }, { headers: key("key_viewer_probe:write") })).toMatchObject({ status: 403 });
    expect(await ask({ target }, { headers: key("key_editor_probe:write") })).toMatchObject({ status: 200, values: { probe_success: 0 } });
    expect(await ask({ target }, { headers: { ...bearer("editor"), origin: "https://elsewhere.example" } })).toMatchObject({ status: 403 });
  });

  test("leaves half a second for the way back, and a module may want less", async () => {
    const timeoutFor = async (header: string | undefined, module?: string) => {
      const headers = { ...bearer("editor"), ...(header !== undefined && { "x-prometheus-scrape-timeout-seconds": header }) };
      return (await ask({ target: "127.0.0.1:9" }, { headers, ...(module !== undefined && { module }) })).ran[0]!.timeoutMs;
    };
    expect(await timeoutFor("10")).toBeWithin(9_300, 9_501);
    expect(await timeoutFor("0.6")).toBeWithin(100, 301);
    expect(await timeoutFor(undefined)).toBeWithin(119_800, 120_001);
    expect(await timeoutFor("10", "prober: tcp\ntimeout: 2s")).toBeWithin(1_800, 2_001);
  });

  test("of a target that nobody answers fails within its time", async () => {
    const silent = await listen(() => {});
    const { values } = await ask({ target: `http://${silent}/` }, { headers: { ...bearer("editor"), "x-prometheus-scrape-timeout-seconds": "0.8" } });
    expect(values).toMatchObject({ probe_success: 0, 'probe_error{kind="response_timeout"}': 1, probe_http_status_code: 0, probe_http_version: 0 });
    expect(values["probe_duration_seconds"]).toBeWithin(0.3, 0.8);
  });

  test("of something that is no target fails, and says why", async () => {
    const targets: Record<string, string>[] = [{ target: "http://[" }, { target: "http://u:p@127.0.0.1/" }, { target: "nowhere", module: "tcp_connect" }];
    for (const query of targets) {
      expect(await ask(query)).toMatchObject({ status: 200, values: { probe_success: 0, 'probe_error{kind="config_invalid"}': 1 } });
    }
  });

  test("for which we ourselves fail has no sample", async () => {
    const roles: FakeRoles = { core: { executeCheck: () => Promise.resolve({ status: "unknown", error: { kind: "internal", message: "EMFILE", hash: "" } }) } };
    expect(await ask({ target: "x" }, { roles })).toMatchObject({ status: 503, text: expect.stringContaining("EMFILE") });
  });

  test("with debug=true is a text for people, without the module's secrets", async () => {
    await using site = await startFakeSite({ body: "hello", status: 503 });
    const { type, text } = await ask({ target: site.url, debug: "true" }, { module: "prober: http\nhttp:\n  fail_if_body_matches_regexp: [hell]\n  basic_auth: { username: me, password: hunter2 }" });
    expect(type).toBe("text/plain; charset=utf-8");
    for (const part of ["failure", "http_status: status 503, expected 200-299", 'failed status in "200-299" => 503', 'failed body not_matches "hell" => "hello"', '"excerpt": "hello"', "probe_success 0"]) expect(text).toContain(part);
    expect(text).not.toContain("hunter2");
  });
});

describe("an http module", () => {
  const http = (fields: string) => `prober: http\nhttp:\n${fields.replaceAll(/^/gm, "  ")}`;
  const success = async (fields: string, behaviour: Parameters<typeof startFakeSite>[0], query: Record<string, string> = {}) => {
    await using site = await startFakeSite(behaviour);
    const { values } = await ask({ target: site.url, ...query }, { module: http(fields) });
    return [values["probe_success"], values["probe_failed_due_to_regex"]];
  };

  test("judges status, body and headers as the exporter does", async () => {
    expect(await success("valid_status_codes: [404]", { status: 404 })).toEqual([1, 0]);
    expect(await success("accept_any_response: true", { status: 500 })).toEqual([1, 0]);
    expect(await success("fail_if_body_matches_regexp: [down]", { body: "all down" })).toEqual([0, 1]);
    expect(await success("fail_if_body_not_matches_regexp: [welcome]", { body: "welcome" })).toEqual([1, 0]);
    // The status is looked at first, so the pattern is not to blame.
    expect(await success("fail_if_body_not_matches_regexp: [welcome]", { body: "x", status: 500 })).toEqual([0, 0]);
    const matches = "fail_if_header_matches:\n- { header: X-State, regexp: bad }";
    expect(await success(matches, { headers: { "X-State": "good" } })).toEqual([1, 0]);
    expect(await success(matches, { headers: { "X-State": "bad" } })).toEqual([0, 1]);
    expect(await success(matches, {})).toEqual([0, 1]);
    expect(await success(matches.replace(" }", ", allow_missing: true }"), {})).toEqual([1, 0]);
    const notMatches = "fail_if_header_not_matches:\n- { header: X-State, regexp: ^good$, allow_missing: true }";
    expect(await success(notMatches, { headers: { "X-State": "good" } })).toEqual([1, 0]);
    expect(await success(notMatches, { headers: { "X-State": "bad" } })).toEqual([0, 1]);
    expect(await success(notMatches, {})).toEqual([1, 0]);
    expect(await success(notMatches.replace(", allow_missing: true", ""), {})).toEqual([0, 1]);
    expect(await success(`${notMatches}\nfail_if_body_matches_regexp: [x]`, { body: "x" })).toEqual([0, 1]);
  });

  test("judges whether the end of the way was encrypted, and its version", async () => {
    expect(await success("fail_if_not_ssl: true", {})).toEqual([0, 0]);
    expect(await success("tls_config: { insecure_skip_verify: true }\nfail_if_ssl: true", { tls: "good" })).toEqual([0, 0]);
    expect(await success("tls_config: { insecure_skip_verify: true }\nfail_if_not_ssl: true", { tls: "good" })).toEqual([1, 0]);
    expect(await success('valid_http_versions: ["HTTP/1.1"]', {})).toEqual([1, 0]);
    expect(await success('valid_http_versions: ["HTTP/2"]', {})).toEqual([0, 0]);
  });

  test("follows redirects or does not, and sends what it is told", async () => {
    const respond = ({ path, headers, body }: { path: string; headers: Record<string, string>; body: string }) =>
      path === "/" ? { status: 302, headers: { Location: "/there" } } : { status: headers["host"] === "shop.example" && headers["authorization"] === "Custom abc" && body === "" ? 200 : 400 };
    expect(await success("authorization: { type: Custom, credentials: abc }", { respond }, { hostname: "shop.example" })).toEqual([1, 0]);
    expect(await success("follow_redirects: false", { respond })).toEqual([0, 0]);
    expect(await success("no_follow_redirects: true\nvalid_status_codes: [302]", { respond })).toEqual([1, 0]);
    expect(await success("method: POST\nbody: a=1", { respond: (request) => ({ status: request.method === "POST" && request.body === "a=1" ? 200 : 400 }) })).toEqual([1, 0]);
  });

  test("says of an unverified chain only what was sent", async () => {
    await using site = await startFakeSite({ tls: "self_signed" });
    const chains = (values: Record<string, number>) => Object.keys(values).filter((key) => /^probe_ssl_(earliest|last_chain_expiry)/.test(key));
    const refused = await ask({ target: site.url });
    expect([refused.values["probe_success"], chains(refused.values)]).toEqual([0, ["probe_ssl_earliest_cert_expiry"]]);
    const skipped = await ask({ target: site.url }, { module: http("tls_config: { insecure_skip_verify: true }") });
    expect([skipped.values["probe_success"], chains(skipped.values)]).toEqual([1, ["probe_ssl_earliest_cert_expiry"]]);
  });

  test("names a cipher of TLS 1.2 as it is registered", async () => {
    await using site = await startFakeSite({ tls: "self_signed", maxTlsVersion: "TLSv1.2" });
    const { text } = await ask({ target: site.url }, { module: http("tls_config: { insecure_skip_verify: true }") });
    expect(text).toContain('probe_tls_version_info{version="TLS 1.2"} 1');
    expect(text).toMatch(/probe_tls_cipher_info\{cipher="TLS_ECDHE_ECDSA_WITH_(AES_\d+_GCM_SHA\d+|CHACHA20_POLY1305_SHA256)"\} 1/);
  });

  test("asks for the other family when the name has no address of the first", async () => {
    const asked: unknown[] = [];
    const roles: FakeRoles = {
      core: {
        executeCheck: ({ check }) => {
          asked.push((check!.target as { ipFamily?: string }).ipFamily);
          return Promise.resolve(asked.length === 1 ? { status: "down", error: { kind: "dns_not_found", message: "none", hash: "" } } : { status: "up" });
        },
      },
    };
    expect(await ask({ target: "x" }, { module: http("preferred_ip_protocol: ip6"), roles })).toMatchObject({ values: { probe_success: 1 } });
    expect(asked).toEqual(["6", "4"]);
  });

  test("with secrets is for one tenant alone", async () => {
    const secret = http("bearer_token: abc");
    const tenants = (count: number): FakeRoles => ({ auth: { getTenancy: () => Promise.resolve({ tenants: count }) } });
    await using site = await startFakeSite({});
    expect(await ask({ target: site.url }, { module: secret, roles: tenants(1) })).toMatchObject({ status: 200 });
    expect(await ask({ target: site.url }, { module: secret, roles: tenants(2) })).toMatchObject({ status: 403, text: expect.stringContaining('module \\"it\\" holds secrets') });
    expect(await ask({ target: site.url }, { roles: tenants(2) })).toMatchObject({ status: 200 });
  });
});

describe("a tcp module", () => {
  test("talks line by line, begins TLS in the middle and answers with what was matched", async () => {
    const { caPem, leaves } = testCertificates();
    writeFileSync(join(folder, "ca.pem"), caPem);
    const said: string[] = [];
    const mail = await listen((socket) => {
      socket.write("220 mail.example ESMTP ready\r\n");
      socket.on("data", (bytes) => {
        said.push(bytes.toString());
        if (said.length === 1) socket.write("250-mail.example\r\n250-STARTTLS\r\n250 HELP\r\n");
        if (said.length !== 2) return;
        socket.removeAllListeners("data");
        socket.write("220 go ahead\r\n");
        const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ cert: leaves.good.certPem, key: leaves.good.keyPem }) });
        secure.on("error", () => {}).on("data", (text: Buffer) => {
          said.push(text.toString());
          secure.write("250-AUTH PLAIN\r\n");
        });
      });
    });
    // The answer to EHLO ends in a line that nobody waits for; it must not pass for plain text under TLS.
    const module = `prober: tcp
tcp:
  query_response:
  - expect: "^220 ([^ ]+) ESMTP (.+)$"
    send: "EHLO \${1}\\r"
  - expect: "^250-STARTTLS$"
  - send: "STARTTLS\\r"
  - expect: "^220"
  - starttls: true
  - send: "EHLO again\\r"
  - expect: "^250-AUTH"
  tls_config: { ca_file: ca.pem }`;
    const { values } = await ask({ target: mail.replace("127.0.0.1", "localhost") }, { module });
    expect(said).toEqual(["EHLO mail.example\r\n", "STARTTLS\r\n", "EHLO again\r\n"]);
    expect(values).toMatchObject({ probe_success: 1, probe_failed_due_to_regex: 0 });
    expect(values["probe_ssl_earliest_cert_expiry"]).toBeGreaterThan(Date.now() / 1_000);
  });

  test("fails because of its pattern when another line came, and not when none did", async () => {
    const module = "prober: tcp\ntimeout: 400ms\ntcp:\n  query_response:\n  - expect: ^SSH-2.0-";
    const other = await listen((socket) => void socket.end("220 mail\r\n"));
    expect((await ask({ target: other }, { module })).values).toMatchObject({ probe_success: 0, probe_failed_due_to_regex: 1, 'probe_error{kind="assertion_failed"}': 1 });
    const silent = await listen(() => {});
    expect((await ask({ target: silent }, { module })).values).toMatchObject({ probe_success: 0, probe_failed_due_to_regex: 0, 'probe_error{kind="response_timeout"}': 1 });
  });

  test("irc_banner answers a ping", async () => {
    const irc = await listen((socket) => {
      socket.write("PING :1337\r\n");
      socket.on("data", (bytes) => void (bytes.toString().includes("PONG 1337") && socket.write(":irc.example 001 prober :welcome\r\n")));
    });
    expect((await ask({ target: irc, module: "irc_banner" })).values).toMatchObject({ probe_success: 1 });
  });
});

test("a grpc module tells the status of the call and what the service says of itself", async () => {
  await using shop = await startGrpcShop();
  const responses = (values: Record<string, number>) => Object.fromEntries(Object.entries(values).filter(([key]) => key.startsWith("probe_grpc_healthcheck_response")).map(([key, value]) => [/"(.*)"/.exec(key)![1]!, value]));
  const open = await ask({ target: shop.address, module: "grpc_plain" });
  expect(open.values).toMatchObject({ probe_success: 1, probe_grpc_status_code: 0, probe_grpc_ssl: 0 });
  expect(responses(open.values)).toEqual({ UNKNOWN: 0, SERVING: 1, NOT_SERVING: 0, SERVICE_UNKNOWN: 0 });
  expect(open.values['probe_grpc_duration_seconds{phase="check"}']).toBeGreaterThan(0);
  shop.setServing(false);
  const closed = await ask({ target: shop.address, module: "grpc_plain" });
  expect([closed.values["probe_success"], responses(closed.values)]).toEqual([0, { UNKNOWN: 0, SERVING: 0, NOT_SERVING: 1, SERVICE_UNKNOWN: 0 }]);
  expect((await ask({ target: "127.0.0.1:9", module: "grpc_plain" })).values).toMatchObject({ probe_success: 0, probe_grpc_status_code: 14 });
});

test("a dns module counts records and validates them", async () => {
  const server = createSocket("udp4");
  // One A record, 192.0.2.7 with a TTL of 300, to whatever is asked.
  server.on("message", (query, from) => {
    const question = query.subarray(12, query.indexOf(0, 12) + 5);
    const head = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 7]);
    server.send(Buffer.concat([head, question, record]), from.port, from.address);
  });
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", () => resolve()));
  const target = `127.0.0.1:${server.address().port}`;
  const dns = (rules: string) => `prober: dns\ndns:\n  query_name: www.example\n  query_type: A\n  validate_answer_rrs:\n    ${rules}`;
  const wanted = await ask({ target }, { module: dns('fail_if_not_matches_regexp: ["^www.example.\\t300\\tIN\\tA\\t192.0.2.7$"]') });
  expect(wanted.values).toMatchObject({ probe_success: 1, probe_dns_answer_rrs: 1, probe_dns_authority_rrs: 0, probe_dns_additional_rrs: 0, probe_dns_query_succeeded: 1 });
  expect(wanted.values['probe_dns_duration_seconds{phase="request"}']).toBeGreaterThan(0);
  for (const rules of ['fail_if_matches_regexp: ["192.0.2"]', 'fail_if_none_matches_regexp: ["10.0.0"]', 'fail_if_all_match_regexp: ["10.0.0"]', 'fail_if_not_matches_regexp: ["10.0.0"]']) {
    expect([rules, (await ask({ target }, { module: dns(rules) })).values["probe_success"]]).toEqual([rules, 0]);
  }
  server.close();
});

test("the icmp module tells the phases of one echo", async () => {
  const answer = await ask({ target: "127.0.0.1", module: "icmp" });
  // Without a right to send, which is a fault of ours, there is no sample.
  if (answer.status === 503) {
    expect(answer.text).toContain("was not probed");
    return;
  }
  expect(answer.values).toMatchObject({ probe_success: 1, probe_ip_protocol: 4 });
  expect(answer.values['probe_icmp_duration_seconds{phase="rtt"}']).toBeGreaterThan(0);
});
