import { expect, test } from "bun:test";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { testCertificates } from "../../../testing/certificates.ts";
import { createFakeClock } from "../../../testing/fake_clock.ts";
import { startMailbox } from "../../../testing/mailbox.ts";
import { createGates, EgressRefused } from "../egress_gate.ts";
import { post } from "./http.ts";
import type { SendTools } from "./sender.ts";

const never = new AbortController().signal;

function toolsWith(resolve: SendTools["gate"]["resolve"]): SendTools {
  return { clock: createFakeClock(), gate: { refusalOfLiteral: async () => undefined, resolve }, signal: never, timeoutMs: 15_000 };
}

const to = (url: string) => ({ url: new URL(url), headers: {}, body: "{}" });

test("the connection goes to the address that was decided, with the name in Host", async () => {
  await using mailbox = await startMailbox();
  const { port } = new URL(mailbox.url);
  const tools = toolsWith(async () => [{ address: "127.0.0.1", family: 4 }]);
  expect(await post(to(`http://name.example:${port}/x`), tools)).toMatchObject({ status: 200 });
  expect(mailbox.received[0]!.headers.host).toBe(`name.example:${port}`);
});

test("a refused address is never connected, literal or not", async () => {
  await using mailbox = await startMailbox();
  const tools = toolsWith(async () => Promise.reject(new EgressRefused("closed")));
  for (const host of ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"]) {
    expect(await post(to(mailbox.url.replace("127.0.0.1", host)), tools)).toEqual({ failure: "closed", refused: true });
  }
  expect(mailbox.received.length).toBe(0);
});

test("a name with one forbidden address among its addresses is refused as a whole", async () => {
  const clock = createFakeClock();
  const auth = { getTenancy: async () => ({ tenants: 1 }) };
  const open = createGates({ rules: () => ({ allow: [], deny: ["127.0.0.0/8"], own: [], grants: {} }) }, auth as never, clock)("ten_1");
  expect(await open.resolve("localhost", 80).catch((error: unknown) => error)).toBeInstanceOf(EgressRefused);
});

test("how many tenants there are is asked again after a second", async () => {
  const clock = createFakeClock();
  let tenants = 1;
  const gate = createGates({ rules: () => ({ allow: [], deny: [], own: [], grants: {} }) }, { getTenancy: async () => ({ tenants }) } as never, clock)("ten_1");
  expect(await gate.refusalOfLiteral("127.0.0.1", 80)).toBeUndefined();
  tenants = 2;
  await clock.advance(1_001);
  expect(await gate.refusalOfLiteral("127.0.0.1", 80)).toContain("egress-allow");
  expect(await gate.refusalOfLiteral("[::1]", 80)).toContain("egress-allow");
});

test("a receiver whose certificate nobody vouches for gets nothing", async () => {
  const { certPem, keyPem } = testCertificates().leaves.self_signed;
  let bytes = 0;
  const server = createTlsServer({ cert: certPem, key: keyPem }, (socket) => {
    socket.on("data", (chunk) => (bytes += chunk.length)).on("error", () => {});
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const outcome = await post(to(`https://localhost:${port}/`), toolsWith(async () => [{ address: "127.0.0.1", family: 4 }]));
  expect(outcome).toMatchObject({ failure: expect.stringMatching(/certificate|self.signed/i), refused: false });
  expect(bytes).toBe(0);
  server.close();
});

test("a body without end is cut, and the status counts", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n");
    const pour = () => void (socket.destroyed || socket.write("x".repeat(65_536), () => setImmediate(pour)));
    pour();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const outcome = await post(to(`http://127.0.0.1:${port}/`), toolsWith(async () => [{ address: "127.0.0.1", family: 4 }]));
  expect(outcome).toMatchObject({ status: 200, body: "x".repeat(2_048) });
  server.close();
});

test("a receiver that trickles its answer is cut off by the deadline", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 200 OK\r\nx-slow: ");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const clock = createFakeClock();
  const connected = new Promise((resolve) => server.once("connection", resolve));
  const outcome = post(to(`http://127.0.0.1:${port}/`), { ...toolsWith(async () => [{ address: "127.0.0.1", family: 4 }]), clock });
  await connected;
  await clock.advance(15_000);
  expect(await outcome).toEqual({ failure: "no answer within 15 s", refused: false });
  server.close();
});
