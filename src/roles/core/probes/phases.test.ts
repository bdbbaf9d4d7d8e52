/**
 * Each phase against targets that delay it by a known time: right within 5 ms or 5 %. The targets live in this process, and
 * what a busy machine costs them only ever adds to the delay that was asked for: of a few runs the second least is judged.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { startBlackHole } from "../../../testing/black_hole.ts";
import { testCertificates } from "../../../testing/certificates.ts";
import { startFakeNameServer, type FakeNameServer } from "../../../testing/fake_name_server.ts";
import { startFakeSite } from "../../../testing/fake_site.ts";
import { tryCheck, type TrialCheck } from "../../../testing/run_check.ts";
import { createResolver, type Resolver } from "../net/resolver.ts";
import type { Run } from "../run.ts";
import type { Timings } from "./probe.ts";

let names: FakeNameServer;
let resolver: Resolver;
beforeAll(async () => {
  names = await startFakeNameServer({ "slow.test": { a: ["127.0.0.1"], delayMs: 150 } });
  resolver = createResolver({ servers: [names.address], hostsFile: "/dev/null", configFile: "/dev/null" });
});
afterAll(() => names[Symbol.asyncDispose]());

const phases = ["dnsMs", "connectMs", "tlsMs", "firstByteMs", "transferMs"] as const;

/** `expected` in milliseconds; NaN for a phase that is not to happen. */
async function expectPhases(trial: TrialCheck, expected: Omit<Timings, "latencyMs">): Promise<void> {
  const runs: Run[] = [];
  for (let time = 0; time < 6; time++) runs.push(await tryCheck({ timeoutMs: 10_000, ...trial }, { resolver }));
  expect(runs.map(({ status, error }) => error?.message ?? status)).toEqual(runs.map(() => "up"));
  for (const phase of phases) {
    const measured = runs.map((run) => run[phase]).sort((left, right) => left - right)[1]!;
    const wanted = expected[phase];
    if (Number.isNaN(wanted)) expect(measured).toBeNaN();
    else expect({ phase, measured, isRight: Math.abs(measured - wanted) <= Math.max(5, wanted * 0.05) }).toMatchObject({ isRight: true });
  }
  for (const run of runs) {
    const sum = phases.reduce((all, phase) => all + (Number.isNaN(run[phase]) ? 0 : run[phase]), 0);
    expect(run.latencyMs - sum).toBeGreaterThan(-1);
    expect(run.latencyMs - sum).toBeLessThan(5 + run.latencyMs * 0.05);
  }
}

const delays = { tlsDelayMs: 200, firstByteDelayMs: 250, bodyDelayMs: 150 };

test("name, connection, TLS, first byte and body", async () => {
  await using site = await startFakeSite({ tls: "good", ...delays });
  const target = { url: `https://slow.test:${site.port}/`, tls: { caPem: site.caPem, serverName: "localhost" } };
  await expectPhases({ target }, { dnsMs: 150, connectMs: 0, tlsMs: 200, firstByteMs: 250, transferMs: 150 });
}, 30_000);

test("through a redirect, where those of both hops add up", async () => {
  await using site = await startFakeSite({ tls: "good", ...delays, respond: ({ path }) => (path === "/" ? { status: 302, headers: { Location: "/there" }, body: "moved" } : {}) });
  await expectPhases({ target: { url: site.url, tls: { caPem: site.caPem } } }, { dnsMs: 0, connectMs: 0, tlsMs: 400, firstByteMs: 500, transferMs: 300 });
}, 30_000);

/** Passes bytes on in both directions, the first of them after `delayMs`. */
async function startForwarder(delayMs: number, onClient: (client: Socket, forward: (port: number) => void) => void) {
  const server = createServer((client) => {
    client.on("error", () => {});
    onClient(client, (port) => {
      const upstream = connect(port, "127.0.0.1");
      upstream.on("error", () => client.destroy());
      client.on("close", () => upstream.destroy());
      upstream.pipe(client);
      setTimeout(() => client.pipe(upstream), delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => void server.close() };
}

test("through a proxy, whose time to connect counts as connecting", async () => {
  await using site = await startFakeSite({ tls: "good", ...delays });
  using proxy = await startForwarder(0, (client, forward) => {
    client.once("data", () => {
      client.pause();
      setTimeout(() => {
        client.write("HTTP/1.1 200 Connected\r\n\r\n");
        forward(site.port);
      }, 180);
    });
  });
  const target = { url: site.url, tls: { caPem: site.caPem }, proxy: { url: `http://127.0.0.1:${proxy.port}` } };
  await expectPhases({ target }, { dnsMs: Number.NaN, connectMs: 180, tlsMs: 200, firstByteMs: 250, transferMs: 150 });
}, 30_000);

/** A frame of HTTP/2 (RFC 9113, 4.1). */
function frame(type: number, flags: number, stream: number, ...payload: number[]): Buffer {
  return Buffer.from([0, 0, payload.length, type, flags, 0, 0, 0, stream, ...payload]);
}

/** A header that no table knows (RFC 7541, 6.2.2). */
const literal = (name: string, value: string) => [0, name.length, ...Buffer.from(name), value.length, ...Buffer.from(value)];
const [data, headers, settings, endStream, endHeaders] = [0, 1, 4, 1, 4];

test("of a gRPC call over TLS", async () => {
  const { caPem, leaves } = testCertificates();
  const { certPem, keyPem } = leaves.good;
  const status200 = 0x88;
  // By hand: a library would spend milliseconds of its own on each answer.
  const server = createTlsServer({ cert: certPem, key: keyPem, ALPNProtocols: ["h2"] }, (socket) => {
    socket.on("error", () => {});
    socket.write(frame(settings, 0, 0));
    socket.once("data", () => {
      setTimeout(() => {
        socket.write(frame(headers, endHeaders, 1, status200, ...literal("content-type", "application/grpc")));
        setTimeout(() => void socket.write(Buffer.concat([frame(data, 0, 1, 0, 0, 0, 0, 2, 8, 1), frame(headers, endHeaders | endStream, 1, ...literal("grpc-status", "0"))])), delays.bodyDelayMs);
      }, delays.firstByteDelayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  using forwarder = await startForwarder(delays.tlsDelayMs, (_, forward) => forward((server.address() as AddressInfo).port));
  const target = { address: `127.0.0.1:${forwarder.port}`, tls: { caPem } };
  await expectPhases({ type: "grpc", target }, { dnsMs: Number.NaN, connectMs: 0, tlsMs: 200, firstByteMs: 250, transferMs: 150 });
  server.close();
}, 30_000);

test("a connection request that the target dropped costs the second until it is repeated, and is counted", async () => {
  using hole = startBlackHole();
  const pending = tryCheck({ type: "tcp", target: { host: "127.0.0.1", port: hole.port }, timeoutMs: 10_000 });
  await new Promise((resolve) => setTimeout(resolve, 300));
  hole.open();
  const run = await pending;
  expect(run).toMatchObject({ status: "up", lostSyns: 1 });
  expect(Math.abs(run.connectMs - 1_000)).toBeLessThan(100);
  expect(run.detail().observed.lostSyns).toBe(1);
}, 30_000);
