import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createServer, type AddressInfo } from "node:net";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { testCertificates, type CertificateName } from "../../../testing/certificates.ts";
import { startFakeSite, type Behaviour, type FakeSite, type FakeSiteOptions } from "../../../testing/fake_site.ts";
import { tryCheck } from "../../../testing/run_check.ts";

const timeoutMs = 400;
let site: FakeSite;
beforeAll(async () => {
  site = await startFakeSite();
});
afterAll(() => site.close());

async function against(behaviour: Behaviour, target: object = {}, rest: object = {}) {
  await site.setBehaviour(behaviour);
  site.requests.length = 0;
  return tryCheck({ target: { url: `${site.url}/page?q=1`, ...target }, timeoutMs, ...rest });
}

test("the connection is cut with the outcome, also where the target would keep it", async () => {
  for (const fault of ["silent", "no_length", "drip_body"] as const) {
    await against({ fault }, {}, { timeoutMs: 150 });
    for (let turn = 0; turn < 1_000 && site.open > 0; turn++) await new Promise(setImmediate);
    expect(site.open).toBe(0);
  }
  const keeper = createServer((socket) => void socket.on("error", () => {}).on("data", () => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")));
  await new Promise<void>((resolve) => keeper.listen(0, "127.0.0.1", resolve));
  const run = await tryCheck({ target: { url: `http://127.0.0.1:${(keeper.address() as AddressInfo).port}/` } });
  expect(run.status).toBe("up");
  // Resolves only once every connection is gone.
  await new Promise((resolve) => keeper.close(resolve));
});

describe("an answer", () => {
  test("that is good is up, with its phases and what was met", async () => {
    const run = await against({ body: "hello", firstByteDelayMs: 60, bodyDelayMs: 60 });
    expect(run).toMatchObject({ status: "up", code: 200, bodyBytes: 5, attempts: 1, error: undefined });
    expect(run.firstByteMs).toBeGreaterThan(50);
    expect(run.transferMs).toBeGreaterThan(50);
    expect(run.latencyMs).toBeGreaterThan(110);
    expect(run.dnsMs).toBeNaN();
    expect(run.connectMs).toBeGreaterThan(0);
    expect(run.detail().observed).toMatchObject({ status: 200, remoteAddress: "127.0.0.1", bodyBytes: 5, headers: { "content-length": "5" } });
    expect(run.detail().observed.excerpt).toBeUndefined();
    expect(run.detail(true).observed.excerpt).toBe("hello");
  });

  test("that fails keeps an excerpt of at most 4 KB, and cookies lose their values", async () => {
    const run = await against({ status: 500, body: "x".repeat(10_000), headers: { "Set-Cookie": "session=secret; Path=/" } });
    const { observed, assertions } = run.detail();
    expect((observed.excerpt as string).length).toBe(4_096);
    expect(observed.headers).toMatchObject({ "set-cookie": "session=***; Path=/" });
    expect(assertions).toEqual([{ source: "status", op: "in", path: "", expectedJson: '"200-299"', actualJson: "500", ok: false, severity: "down" }]);
  });

  test("is judged by assertions on every part of it", async () => {
    const run = await against(
      { body: '{"ok":true,"items":[{"id":7}]}', headers: { "Content-Type": "application/json", "X-Version": "2" } },
      {},
      {
        assertions: [
          { source: "json", path: "$.ok", op: "eq", value: true },
          { source: "json", path: "$.items[0].id", op: "gt", value: 6 },
          { source: "header", path: "X-Version", op: "eq", value: "2" },
          { source: "body", op: "matches", value: '"id":\\d+' },
          { source: "body_bytes", op: "lt", value: 100 },
          { source: "latency", op: "lt", value: 0, severity: "degraded" },
        ],
      },
    );
    expect(run.status).toBe("degraded");
    expect(run.error?.message).toMatch(/^latency [\d.]+ ms, expected less than 0 ms$/);
    expect(run.detail().assertions.map(({ ok }) => ok)).toEqual([true, true, true, true, true, true, false]);
  });

  const encodings: Record<string, (text: string) => Uint8Array> = { gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync, deflate: deflateSync };
  for (const [name, encode] of Object.entries(encodings)) {
    test(`in ${name} is read`, async () => {
      const run = await against({ body: encode("hello there"), headers: { "Content-Encoding": name } }, {}, { assertions: [{ source: "body", op: "eq", value: "hello there" }] });
      expect(run).toMatchObject({ status: "up", bodyBytes: 11 });
    });
  }
  test("in bare deflate, or in two encodings, is read", async () => {
    const assertions = [{ source: "body", op: "eq", value: "hello" }];
    expect((await against({ body: deflateRawSync("hello"), headers: { "Content-Encoding": "deflate" } }, {}, { assertions })).status).toBe("up");
    expect((await against({ body: gzipSync(brotliCompressSync("hello")), headers: { "Content-Encoding": "br, gzip" } }, {}, { assertions })).status).toBe("up");
  });
  test("may be longer than what is kept, up to maxBytes", async () => {
    const body = "x".repeat(2_000_000);
    expect(await against({ body })).toMatchObject({ status: "up", bodyBytes: 2_000_000 });
    expect((await against({ body }, { maxBytes: 1_000_000 })).error?.kind).toBe("http_too_large");
  });
  test("that unfolds a thousandfold is a bomb, however small it stays", async () => {
    const bomb: Behaviour = { body: gzipSync(Buffer.alloc(5_000_000)), headers: { "Content-Encoding": "gzip" } };
    expect((await against(bomb)).error?.kind).toBe("http_too_large");
    const small: Behaviour = { body: gzipSync(Buffer.alloc(900_000)), headers: { "Content-Encoding": "gzip" } };
    expect(await against(small)).toMatchObject({ status: "up", bodyBytes: 900_000 });
  });
  test("to HEAD has a length and no body", async () => {
    expect(await against({ fault: "raw", raw: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" }, { method: "HEAD" })).toMatchObject({ status: "up", bodyBytes: 0 });
  });
});

describe("a request", () => {
  test("goes out as written, and closes its connection", async () => {
    await against({}, { method: "POST", headers: { "X-A": "1", Connection: "keep-alive", "Content-Length": "999" }, body: { a: 1 } });
    const [request] = site.requests;
    expect(request).toMatchObject({ method: "POST", path: "/page?q=1", body: '{"a":1}' });
    expect(request!.headers).toMatchObject({ "x-a": "1", connection: "close", "content-length": "7", "content-type": "application/json", host: `127.0.0.1:${site.port}` });
  });
  test("carries a form, or text as it is", async () => {
    await against({}, { method: "POST", body: { a: "1 2", b: "ü" }, bodyEncoding: "form" });
    expect(site.requests[0]!.body).toBe("a=1+2&b=%C3%BC");
    await against({}, { method: "PUT", body: "plain" });
    expect(site.requests[0]).toMatchObject({ method: "PUT", body: "plain" });
  });
  test("larger than the kernel takes at once arrives whole", async () => {
    const body = "y".repeat(4_000_000);
    await against({}, { method: "POST", body }, { timeoutMs: 5_000 });
    expect(site.requests[0]!.body.length).toBe(body.length);
  });
  test("authenticates with basic and bearer", async () => {
    await against({}, { auth: { type: "basic", username: "ann", password: "p:w" } });
    expect(site.requests[0]!.headers.authorization).toBe(`Basic ${btoa("ann:p:w")}`);
    await against({}, { auth: { type: "bearer", token: "t0k" } });
    expect(site.requests[0]!.headers.authorization).toBe("Bearer t0k");
  });
});

describe("oauth2 client credentials", () => {
  const auth = () => ({ type: "oauth2", tokenUrl: `${site.url}/token`, clientId: "id", clientSecret: "s3", scopes: ["a", "b"] });
  test("ask for a token, then use it", async () => {
    const run = await against({ respond: ({ path }) => (path === "/token" ? { body: '{"access_token":"abc","expires_in":3600}' } : {}) }, { auth: auth() });
    expect(run.status).toBe("up");
    expect(site.requests[0]).toMatchObject({ method: "POST", path: "/token", body: "grant_type=client_credentials&client_id=id&client_secret=s3&scope=a+b" });
    expect(site.requests[1]!.headers.authorization).toBe("Bearer abc");
  });
  test("say that it was the token request that failed", async () => {
    const run = await against({ respond: ({ path }) => (path === "/token" ? { status: 401 } : {}) }, { auth: auth() });
    expect(run.error).toEqual({ kind: "http_status", message: "oauth2 token request failed: status 401, expected 200-299" });
    const other = await against({ body: "no json" }, { auth: auth() });
    expect(other.error?.message).toBe("oauth2 token request failed: the answer holds no access_token");
  });
});

describe("redirects", () => {
  const to = (location: string, status = 302): Behaviour => ({ respond: ({ path }) => (path.startsWith("/page") ? { status, headers: { Location: location }, body: "" } : {}) });
  test("are followed, each hop shown, and their phases add up", async () => {
    const run = await against(to("/there"));
    expect(run).toMatchObject({ status: "up", code: 200 });
    expect(run.detail().observed).toMatchObject({ redirects: [{ status: 302, url: `${site.url}/there` }], url: `${site.url}/there` });
  });
  test("are judged when they are not to be followed", async () => {
    const run = await against(to("/there"), { followRedirects: false }, { assertions: [{ source: "redirect_url", op: "eq", value: `${site.url}/there` }, { source: "status", op: "in", value: "300-399" }] });
    expect(run).toMatchObject({ status: "up", code: 302 });
    expect((await against(to("/there"), { followRedirects: false })).error?.message).toBe("status 302, expected 200-299");
  });
  test("make a POST a GET, but for 307 and 308", async () => {
    await against(to("/there", 302), { method: "POST", body: "x" });
    expect(site.requests[1]).toMatchObject({ method: "GET", body: "" });
    await against(to("/there", 307), { method: "POST", body: "x" });
    expect(site.requests[1]).toMatchObject({ method: "POST", body: "x" });
  });
  test("take no credentials to another origin", async () => {
    await using other = await startFakeSite();
    const secret = { auth: { type: "bearer", token: "t" }, headers: { Cookie: "a=1", "X-Api-Key": "k", "X-Plain": "p" } };
    await against(to(`${other.url}/there`), secret);
    expect(other.requests[0]!.headers).toMatchObject({ "x-plain": "p", host: `127.0.0.1:${other.port}` });
    for (const name of ["authorization", "cookie", "x-api-key"]) expect(other.requests[0]!.headers[name]).toBeUndefined();
    await against(to("/there"), secret);
    expect(site.requests[1]!.headers).toMatchObject({ authorization: "Bearer t", cookie: "a=1" });
  });
  test("pass the gate on every hop", async () => {
    const run = await against(to("http://169.254.169.254/latest/meta-data"));
    expect(run).toMatchObject({ status: "unknown", error: { kind: "target_forbidden" } });
    expect(run.error?.message).toContain("egress-allow 169.254.169.254/32");
  });
  test("lead nowhere but to http and https", async () => {
    expect((await against(to("file:///etc/passwd"))).error?.message).toBe("status 302, expected 200-299");
    expect((await against(to("gopher://127.0.0.1/"))).error?.kind).toBe("http_status");
  });
  test("leave https only when that is allowed", async () => {
    await using secure = await startFakeSite({ tls: "good", respond: () => ({ status: 301, headers: { Location: `${site.url}/plain` }, body: "" }) });
    const target = { url: secure.url, tls: { caPem: secure.caPem } };
    expect((await against({}, target)).error?.message).toBe("status 301, expected 200-299");
    expect((await against({}, { ...target, insecureRedirects: true })).status).toBe("up");
  });
});

describe("the gate", () => {
  test("refuses before a connection is made, and names the setting", async () => {
    await site.setBehaviour({});
    const before = site.connections;
    const run = await tryCheck({ target: { url: site.url } }, { privateAllowed: false });
    expect(run).toMatchObject({ status: "unknown", error: { kind: "target_forbidden", message: "not connected: 127.0.0.1 is a private address: the operator can open it with egress-allow 127.0.0.1/32" } });
    expect(site.connections).toBe(before);
    expect((await tryCheck({ target: { url: site.url } }, { privateAllowed: false, egress: { allow: ["127.0.0.0/8"], deny: [], own: [] } })).status).toBe("up");
  });
  test("sees the address behind every spelling of it", async () => {
    for (const host of ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]", "localhost", "localhost.", "１２７.0.0.1"]) {
      const run = await tryCheck({ target: { url: `http://${host}:${site.port}/` } }, { privateAllowed: false });
      expect(run.error?.kind as string).toBe("target_forbidden");
    }
  });
  test("refuses our own listeners even where everything is allowed", async () => {
    const run = await tryCheck({ target: { url: site.url } }, { egress: { allow: ["0.0.0.0/0"], deny: [], own: [`127.0.0.1:${site.port}`] } });
    expect(run.error?.message).toContain("own listeners");
  });
  test("sees the pinned address, not the name", async () => {
    const run = await tryCheck({ target: { url: "http://public.example/", resolve: "169.254.169.254" } });
    expect(run.error?.kind).toBe("target_forbidden");
  });
});

describe("tls", () => {
  const trial = async (options: FakeSiteOptions, target: object = {}) => {
    await using secure = await startFakeSite(options);
    const run = await tryCheck({ target: { url: secure.url, tls: { caPem: secure.caPem }, ...target }, timeoutMs });
    return { ...run, observed: run.detail().observed };
  };
  const wrong: [CertificateName, string, string][] = [
    ["expired", "tls_expired", "tls failed: the certificate has expired (CERT_HAS_EXPIRED)"],
    ["not_yet_valid", "tls_not_yet_valid", "tls failed: the certificate is not valid yet (CERT_NOT_YET_VALID)"],
    ["wrong_host", "tls_host_mismatch", "tls failed: the certificate is not for localhost"],
    ["self_signed", "tls_untrusted", "tls failed: the certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)"],
  ];
  for (const [tls, kind, message] of wrong) {
    test(`a certificate that is ${tls.replaceAll("_", " ")}: ${kind}, and it is still shown`, async () => {
      const run = await trial({ tls });
      expect(run).toMatchObject({ status: "down", error: { kind, message } });
      expect(run.observed.certificate).toBeDefined();
      expect((await trial({ tls }, { tls: { skipVerify: true } })).status).toBe("up");
    });
  }
  test("a certificate that nobody here knows: tls_untrusted", async () => {
    expect((await trial({ tls: "good" }, { tls: {} })).error?.kind).toBe("tls_untrusted");
  });
  test("a good one is up, with chain, days left, version and cipher", async () => {
    const run = await trial({ tls: "good", tlsDelayMs: 60 });
    expect(run.status).toBe("up");
    expect(run.tlsMs).toBeGreaterThan(50);
    expect(run.observed.tls).toEqual({ version: "TLSv1.3", cipher: expect.any(String) as string });
    expect(run.observed.certificate).toMatchObject({ daysLeft: expect.any(Number) as number, chain: [{ subject: "CN=localhost" }, { subject: "CN=UptimePing test authority" }] });
  });
  test("the name that is verified can be given", async () => {
    expect((await trial({ tls: "wrong_host" }, { tls: { caPem: testCertificates().caPem, serverName: "other.test" } })).status).toBe("up");
  });
  test("an old protocol is refused, or accepted when asked for", async () => {
    const old: FakeSiteOptions = { tls: "good", maxTlsVersion: "TLSv1.1" };
    expect((await trial(old)).error).toEqual({ kind: "tls_handshake", message: "tls handshake failed: TLSV1_ALERT_PROTOCOL_VERSION" });
  });
  test("a client certificate is given where it is asked for", async () => {
    const asking: FakeSiteOptions = { tls: "good", asksForClientCertificate: true };
    const { caPem, leaves } = testCertificates();
    expect((await trial(asking)).error?.kind).toBe("tls_handshake");
    expect((await trial(asking, { tls: { caPem, ...leaves.client } })).status).toBe("up");
  });
  test("a handshake that never ends: tls_handshake at the deadline", async () => {
    expect((await trial({ tls: "good", tlsDelayMs: 2_000 })).error).toEqual({ kind: "tls_handshake", message: "tls handshake failed: not done within 400 ms" });
  });
  test("plain HTTP where TLS is expected: tls_handshake", async () => {
    await using plain = await startFakeSite({ fault: "raw", raw: "HTTP/1.1 400 Bad\r\n\r\n" });
    const greeting = createServer((socket) => void socket.on("error", () => {}).end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await new Promise<void>((resolve) => greeting.listen(0, "127.0.0.1", resolve));
    const run = await tryCheck({ target: { url: `https://127.0.0.1:${(greeting.address() as AddressInfo).port}` }, timeoutMs });
    greeting.close();
    expect(run.error).toEqual({ kind: "tls_handshake", message: "tls handshake failed: WRONG_VERSION_NUMBER" });
    expect(plain.connections).toBe(0);
  });
  test("days left can be asserted on", async () => {
    await using secure = await startFakeSite({ tls: "good" });
    const check = { target: { url: secure.url, tls: { caPem: secure.caPem } }, assertions: [{ source: "certificate_days", op: "gt", value: 100_000, severity: "degraded" }] };
    const run = await tryCheck(check);
    expect(run.status).toBe("degraded");
    expect(run.error?.message).toMatch(/^certificate days left \d+, expected more than 100000$/);
  });
});

describe("a proxy", () => {
  const proxyTo = async (answer: (target: string) => string) => {
    const asked: string[] = [];
    const server = createServer((client) => {
      client.on("error", () => {});
      client.once("data", (bytes) => {
        asked.push(bytes.toString());
        const target = /^CONNECT (\S+)/.exec(bytes.toString())![1]!;
        client.write(answer(target));
        void Bun.connect({
          hostname: "127.0.0.1",
          port: Number(target.split(":")[1]),
          socket: {
            open: (upstream) => void client.on("data", (piece) => void upstream.write(piece)).on("close", () => upstream.end()),
            data: (_, piece) => void client.write(piece),
            close: () => void client.end(),
          },
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.dispose]: () => void server.close() };
  };
  test("is asked to connect, with its own credentials, and TLS goes through it", async () => {
    using proxy = await proxyTo(() => "HTTP/1.1 200 Connected\r\n\r\n");
    await using secure = await startFakeSite({ tls: "good" });
    const run = await tryCheck({ target: { url: secure.url, tls: { caPem: secure.caPem }, proxy: { url: proxy.url, username: "u", password: "p" } }, timeoutMs: 2_000 });
    expect(run).toMatchObject({ status: "up", code: 200 });
    expect(proxy.asked[0]).toContain(`CONNECT localhost:${secure.port} HTTP/1.1\r\n`);
    expect(proxy.asked[0]).toContain(`Proxy-Authorization: Basic ${btoa("u:p")}`);
  });
  test("that refuses is named", async () => {
    using proxy = await proxyTo(() => "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    await site.setBehaviour({});
    const run = await tryCheck({ target: { url: site.url, proxy: { url: proxy.url } } });
    expect(run.error).toEqual({ kind: "connect_refused", message: `proxy refused to connect to 127.0.0.1:${site.port}: status 407` });
  });
  test("is no way around the gate", async () => {
    using proxy = await proxyTo(() => "HTTP/1.1 200 Connected\r\n\r\n");
    const run = await tryCheck({ target: { url: "http://169.254.169.254/", proxy: { url: proxy.url } } });
    expect(run.error?.kind).toBe("target_forbidden");
    expect(proxy.asked).toEqual([]);
  });
});
