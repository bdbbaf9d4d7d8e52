/** A Prometheus that scraped the blackbox exporter scrapes us instead: the same job, another address and a key. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { testCertificates } from "../testing/certificates.ts";
import { startFakeSite, type FakeSite } from "../testing/fake_site.ts";
import { startGrpcShop, type GrpcShop } from "../testing/grpc_shop.ts";
import { prometheusPath, startPrometheus, type Prometheus, type Sample } from "../testing/prometheus.ts";
import { createProductFolder, eventually, type Product, type ProductFolder } from "../testing/start_product.ts";

/** As it would stand in a blackbox.yml. */
const modules = `
modules:
  https_own_ca:
    prober: http
    timeout: 5s
    http:
      valid_http_versions: ["HTTP/1.1", "HTTP/2.0"]
      fail_if_not_ssl: true
      tls_config:
        ca_file: ca.pem
  says_welcome:
    prober: http
    http:
      method: GET
      fail_if_body_not_matches_regexp: ["^welcome"]
      preferred_ip_protocol: "ip4"
  ssh_banner_extract:
    prober: tcp
    timeout: 5s
    tcp:
      query_response:
      - expect: "^SSH-2.0-([^ -]+)(?: (.*))?$"
        labels:
        - name: ssh_version
          value: "\${1}"
        - name: ssh_comments
          value: "\${2}"
`;

/** The scrape configuration of the exporter's documentation, but for the address and the credentials. */
function job(name: string, module: string, targets: string[], at: { http: string; key: string }): string {
  return `
- job_name: ${name}
  metrics_path: /probe
  params:
    module: [${module}]
  authorization:
    credentials: ${at.key}
  static_configs:
  - targets: ${JSON.stringify(targets)}
  relabel_configs:
  - source_labels: [__address__]
    target_label: __param_target
  - source_labels: [__param_target]
    target_label: instance
  - target_label: __address__
    replacement: ${new URL(at.http).host}
`;
}

const name = prometheusPath === null ? "scraped by Prometheus (no Prometheus here: apt-get install prometheus)" : "scraped by Prometheus";

describe.skipIf(prometheusPath === null)(name, () => {
  let folder: ProductFolder;
  let product: Product;
  let site: FakeSite;
  let secure: FakeSite;
  let shop: GrpcShop;
  let ssh: Server;
  let sshAddress: string;
  let prometheus: Prometheus;

  beforeAll(async () => {
    folder = createProductFolder();
    writeFileSync(join(folder.dir, "ca.pem"), testCertificates().caPem);
    writeFileSync(join(folder.dir, "blackbox.yml"), modules);
    site = await startFakeSite({ body: "welcome", headers: { "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT" }, respond: ({ path }) => ({ "/gone": { status: 404, body: "gone" }, "/moved": { status: 302, headers: { Location: "/" } } })[path] ?? {} });
    secure = await startFakeSite({ tls: "good", body: "hidden" });
    shop = await startGrpcShop();
    ssh = createServer((socket) => void socket.on("error", () => {}).write("SSH-2.0-OpenSSH_9.6p1 Debian-4\r\n"));
    await new Promise<void>((resolve) => ssh.listen(0, "127.0.0.1", resolve));
    sshAddress = `127.0.0.1:${(ssh.address() as AddressInfo).port}`;
    product = await folder.start("--probe-modules", "blackbox.yml");
    const { body } = await product.api<{ key: string }>("POST", "/auth/api-keys", { name: "Prometheus", role: "editor", scopes: ["probe:write"] });
    const at = { http: product.http, key: body.key };
    const jobs = [
      job("http", "http_2xx", [site.url, `${site.url}/gone`, `${site.url}/moved`, "http://127.0.0.1:9"], at),
      job("https", "https_own_ca", [secure.url.replace("127.0.0.1", "localhost"), site.url], at),
      job("welcome", "says_welcome", [site.url, `${secure.url}`.replace("https", "http"), `${site.url}/gone`], at),
      job("tcp", "tcp_connect", [sshAddress, "127.0.0.1:9"], at),
      job("ssh", "ssh_banner_extract", [sshAddress], at),
      job("grpc", "grpc_plain", [shop.address], at),
      job("unknown", "http_3xx", [site.url], at),
    ];
    prometheus = await startPrometheus(`global:\n  scrape_interval: 2s\n  scrape_timeout: 2s\nscrape_configs:${jobs.join("")}`);
  }, 120_000);

  afterAll(async () => {
    await prometheus?.[Symbol.asyncDispose]();
    for (const one of [site, secure, shop]) await one?.[Symbol.asyncDispose]();
    ssh?.close();
    await folder?.[Symbol.asyncDispose]();
  }, 60_000);

  const samples = (expression: string, count: number): Promise<Sample[]> => eventually(expression, () => prometheus.query(expression), (found) => found.length >= count, 60_000);
  const byInstance = (found: Sample[]) => Object.fromEntries(found.map(({ metric, value }) => [metric["instance"]!, value]));

  test("probe_success says of each target what is so", async () => {
    expect(byInstance(await samples('probe_success{job="http"}', 4))).toEqual({ [site.url]: 1, [`${site.url}/gone`]: 0, [`${site.url}/moved`]: 1, "http://127.0.0.1:9": 0 });
    expect(byInstance(await samples('probe_success{job="https"}', 2))).toEqual({ [secure.url.replace("127.0.0.1", "localhost")]: 1, [site.url]: 0 });
    expect(byInstance(await samples('probe_success{job="tcp"}', 2))).toEqual({ [sshAddress]: 1, "127.0.0.1:9": 0 });
    expect(byInstance(await samples('probe_success{job="grpc"}', 1))).toEqual({ [shop.address]: 1 });
    const errors = await samples('probe_error{job="http"}', 2);
    expect(Object.fromEntries(errors.map(({ metric }) => [metric["instance"], metric["kind"]]))).toEqual({ [`${site.url}/gone`]: "http_status", "http://127.0.0.1:9": "connect_refused" });
  }, 90_000);

  test("what is known of an HTTP answer stands under the exporter's names", async () => {
    const of = async (metric: string, path = "") => byInstance(await samples(`${metric}{job="http"}`, 4))[`${site.url}${path}`];
    expect(await of("probe_http_status_code")).toBe(200);
    expect(await of("probe_http_status_code", "/gone")).toBe(404);
    expect(await of("probe_http_redirects", "/moved")).toBe(1);
    expect(await of("probe_http_version")).toBe(1.1);
    expect(await of("probe_http_ssl")).toBe(0);
    expect(await of("probe_http_content_length")).toBe(7);
    expect(await of("probe_http_uncompressed_body_length")).toBe(7);
    expect(await of("probe_ip_protocol")).toBe(4);
    expect(byInstance(await samples('probe_http_last_modified_timestamp_seconds{job="http"}', 1))[site.url]).toBe(Date.parse("2015-10-21T07:28:00Z") / 1_000);
    const phases = (await samples(`probe_http_duration_seconds{job="http",instance="${site.url}"}`, 5)).map(({ metric }) => metric["phase"]!);
    expect(phases.sort()).toEqual(["connect", "processing", "resolve", "tls", "transfer"]);
    const [took, connecting, processing] = await Promise.all(["probe_duration_seconds", 'probe_http_duration_seconds{phase="connect"}', 'probe_http_duration_seconds{phase="processing"}'].map(async (metric) => byInstance(await prometheus.query(metric))[site.url]!));
    expect(Math.min(took!, connecting!, processing!)).toBeGreaterThan(0);
  }, 90_000);

  test("a chain of certificates is told with its end, its version and its leaf", async () => {
    const [expiry] = await samples('probe_ssl_earliest_cert_expiry{job="https"} - time()', 1);
    expect(expiry!.value).toBeGreaterThan(0);
    expect((await samples('probe_ssl_last_chain_expiry_timestamp_seconds{job="https"}', 1))[0]!.value).toBeGreaterThan(Date.now() / 1_000);
    expect((await samples('probe_tls_version_info{job="https"}', 1))[0]!.metric["version"]).toBe("TLS 1.3");
    expect((await samples('probe_tls_cipher_info{job="https"}', 1))[0]!.metric["cipher"]).toMatch(/^TLS_/);
    const { fingerprint_sha256, subject, issuer, subjectalternative } = (await samples('probe_ssl_last_chain_info{job="https"}', 1))[0]!.metric;
    expect(fingerprint_sha256).toMatch(/^[0-9a-f]{64}$/);
    expect([subject, issuer].every((name) => name!.startsWith("CN="))).toBe(true);
    expect(subjectalternative).toContain("localhost");
  }, 90_000);

  test("patterns, banners and the health protocol have their own", async () => {
    const regex = byInstance(await samples('probe_failed_due_to_regex{job="welcome"}', 3));
    expect([regex[site.url], regex[`${site.url}/gone`]]).toEqual([0, 0]);
    const [labels] = await samples('probe_expect_info{job="ssh"}', 1);
    expect(labels).toMatchObject({ value: 1, metric: { ssh_version: "OpenSSH_9.6p1", ssh_comments: "Debian-4" } });
    const serving = await samples('probe_grpc_healthcheck_response{job="grpc"}', 4);
    expect(serving.filter(({ value }) => value === 1).map(({ metric }) => metric["serving_status"])).toEqual(["SERVING"]);
    expect((await samples('probe_grpc_status_code{job="grpc"}', 1))[0]!.value).toBe(0);
  }, 90_000);

  test("an outage shows, and a module that nobody knows is a failed scrape and no sample", async () => {
    shop.setServing(false);
    await eventually("the shop is seen to be closed", () => prometheus.query('probe_success{job="grpc"}'), ([found]) => found?.value === 0, 60_000);
    shop.setServing(true);
    expect(byInstance(await samples('up{job="unknown"}', 1))).toEqual({ [site.url]: 0 });
    expect(await prometheus.query('probe_success{job="unknown"}')).toEqual([]);
    expect((await prometheus.query('up{job!="unknown"} == 0')).map(({ metric }) => metric)).toEqual([]);
  }, 90_000);

  test("a scrape leaves nothing behind: no check, no entry in the audit log", async () => {
    const checks = await product.api<{ items: unknown[] }>("GET", "/checks");
    expect(checks.body.items).toEqual([]);
    const audit = await product.api<{ items: { action: string }[] }>("GET", "/audit");
    expect(audit.body.items.filter(({ action }) => action.includes("probe") || action.includes("check"))).toEqual([]);
  });
});
