/** Who may be called and who may call, when roles show each other certificates. Every refusal says why, on the side that refuses. */
import { afterAll, describe, expect, test } from "bun:test";
import { connect } from "node:tls";
import { Client, credentials } from "@grpc/grpc-js";
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { systemCall } from "../call.ts";
import { AppError } from "../errors.ts";
import { createLog, type Log } from "../log.ts";
import { issueLeaf, type KeyedCertificate } from "../pki/issue.ts";
import { identityOf, lasting, over, testAuthority, wireScene } from "./testing/wire_scene.ts";
import type { TlsIdentity } from "./tls.ts";

const scene = wireScene();
const opened: TlsIdentity[] = [];
afterAll(async () => {
  await scene.release();
  for (const tls of opened) tls.stop();
});

const ours = testAuthority();
const foreign = testAuthority();
const soon = () => ({ ...systemCall("test", "ten_1"), deadlineMs: Date.now() + 700 });

function lines(): { log: Log; text: () => string } {
  const written: string[] = [];
  return { log: createLog({ level: "info", format: "json", now: () => 0, write: (line) => void written.push(line) }), text: () => written.join("") };
}

function identity(certificate: KeyedCertificate, { ca = ours.ca.cert, log }: { ca?: string; log?: Log } = {}): TlsIdentity {
  const tls = identityOf(() => ({ ...certificate, ca }), log);
  opened.push(tls);
  return tls;
}

async function serve(certificate: KeyedCertificate, callers?: string[]) {
  const { log, text } = lines();
  const admission = callers ? { callers: new Set(callers) } : {};
  const { address, port } = await scene.serve({ getCheck: async () => ({ name: "there" }) }, { tls: identity(certificate), log, admission });
  return { address, port, log: text };
}

async function ask(address: string, tls: TlsIdentity | undefined): Promise<string> {
  const client = scene.dial(address, { tls, random: () => 0.5 }).client(ConfigService);
  return client.getCheck({ id: "x" }, soon()).then(({ name }) => name, (error: AppError) => `${error.code}: ${error.message}`);
}

/** The handshake ends on the other side a moment later. */
async function says(log: () => string, words: string): Promise<void> {
  while (!log().includes(words)) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a caller", () => {
  test("of a role that may call is answered", async () => {
    const { address } = await serve(ours.leaf(["config"]), ["core", "gateway"]);
    expect(await ask(address, identity(ours.leaf(["notification", "core"])))).toBe("there");
  });

  test("of another role is refused, by name, and the log says so", async () => {
    const { address, log } = await serve(ours.leaf(["config"]), ["core", "gateway"]);
    const words = "the caller's certificate is for the role forge, and uptimeping.config.v1.ConfigService answers core, gateway";
    expect(await ask(address, identity(ours.leaf(["forge"])))).toBe(`forbidden: ${words}`);
    expect(log()).toContain(words);
  });

  test("that is no role is refused, and may ask only what is open to tools", async () => {
    const { address, log } = await serve(ours.leaf(["config"]));
    const tool = issueLeaf(ours.ca, { hosts: ["tool"], roles: [], validity: lasting() });
    const dial = (at: string) => new Client(at, credentials.createSsl(Buffer.from(ours.ca.cert), Buffer.from(tool.key), Buffer.from(tool.cert)), { "grpc.ssl_target_name_override": "localhost" });
    const ask = (at: string) => new Promise<string>((resolve) => {
      const one = dial(at);
      const same = (bytes: Buffer) => bytes;
      one.makeUnaryRequest("/uptimeping.config.v1.ConfigService/GetCheck", same, same, Buffer.alloc(0), { deadline: Date.now() + 2_000 }, (error) => {
        one.close();
        resolve(error?.details ?? "answered");
      });
    });
    expect(await ask(address)).toBe("the caller's certificate names no role");
    expect(log()).toContain("names no role");
    const open = await scene.serve({ getCheck: async () => ({ name: "there" }) }, { tls: identity(ours.leaf(["config"])), admission: { isOpen: true } });
    expect(await ask(open.address)).toBe("answered");
  });

  test("of another authority is refused at the handshake", async () => {
    const { address, log } = await serve(ours.leaf(["config"]));
    expect(await ask(address, identity(foreign.leaf(["core"])))).toStartWith("unavailable: call failed: no connection");
    await says(log, "its certificate is not of our authority");
  });

  test("whose certificate has expired is refused at the handshake", async () => {
    const { address, log } = await serve(ours.leaf(["config"]));
    expect(await ask(address, identity(ours.leaf(["core"], { validity: over() })))).toStartWith("unavailable: call failed: no connection");
    await says(log, "its certificate has expired");
  });

  test("without a certificate is refused at the handshake", async () => {
    const { port, log } = await serve(ours.leaf(["config"]));
    const socket = connect({ host: "127.0.0.1", port, ca: ours.ca.cert, ALPNProtocols: ["h2"] });
    socket.on("error", () => {});
    await says(log, "it showed no certificate");
    socket.destroy();
  });

  test("that does not speak TLS is refused", async () => {
    const { address, log } = await serve(ours.leaf(["config"]));
    expect(await ask(address, undefined)).toStartWith("unavailable: ");
    await says(log, "a caller was refused at the TLS handshake");
  });

  test("that speaks TLS 1.2 at most is refused", async () => {
    const { port, log } = await serve(ours.leaf(["config"]));
    const { cert, key } = ours.leaf(["core"]);
    const refused = Promise.withResolvers<string>();
    const socket = connect({ host: "127.0.0.1", port, ca: ours.ca.cert, cert, key, maxVersion: "TLSv1.2", ALPNProtocols: ["h2"] });
    socket.on("secureConnect", () => refused.resolve(`connected by ${socket.getProtocol()}`));
    socket.on("error", (error) => refused.resolve(error.message));
    expect(await refused.promise).toMatch(/PROTOCOL_VERSION/i);
    await says(log, "it does not speak TLS 1.3");
  });
});

describe("a server", () => {
  test("that is not the role that is called is refused, before anything is sent", async () => {
    const { address } = await serve(ours.leaf(["forge", "auth"]));
    expect(await ask(address, identity(ours.leaf(["core"])))).toBe("unavailable: call failed: no connection: the certificate of 127.0.0.1 is for the role forge, auth, not for config");
  });

  test("on another host than its certificate says is refused", async () => {
    const { address } = await serve(ours.leaf(["config"], { hosts: ["config.internal"] }));
    expect(await ask(address, identity(ours.leaf(["core"])))).toBe("unavailable: call failed: no connection: the certificate of 127.0.0.1 is for the host config.internal, not for 127.0.0.1");
  });

  test("of another authority is refused", async () => {
    const { address } = await serve(foreign.leaf(["config"]));
    expect(await ask(address, identity(ours.leaf(["core"])))).toStartWith("unavailable: call failed: no connection: its certificate is not of our authority (");
  });

  test("whose certificate has expired is refused", async () => {
    const { address } = await serve(ours.leaf(["config"], { validity: over() }));
    expect(await ask(address, identity(ours.leaf(["core"])))).toBe("unavailable: call failed: no connection: certificate has expired");
  });

  test("is found behind a name when its certificate is for that name", async () => {
    const { port } = await serve(ours.leaf(["config"], { hosts: ["config.internal"] }));
    const dial = (name: string) => scene.dial(`${name}:${port}`, { tls: identity(ours.leaf(["core"])), resolve: async () => ["127.0.0.1"] }).client(ConfigService);
    expect((await dial("config.internal").getCheck({ id: "x" }, soon())).name).toBe("there");
    await expect(dial("other.internal").getCheck({ id: "x" }, soon())).rejects.toThrow(/other\.internal/);
  });
});

describe("the files", () => {
  /** Three files that a test puts others in the place of, and a clock that says when they are looked at. */
  function files(first: KeyedCertificate & { ca: string }) {
    const clock = createFakeClock(Date.now());
    const { log, text } = lines();
    let held = first;
    const tls = identityOf(() => held, log, clock);
    opened.push(tls);
    return { tls, clock, log: text, put: (next: Partial<typeof first>) => void (held = { ...held, ...next }) };
  }
  const withCa = (certificate: KeyedCertificate, ca = ours.ca.cert) => ({ ...certificate, ca });

  test("are read again when they change: new connections show the new certificate, on both sides", async () => {
    const server = files(withCa(ours.leaf(["config"])));
    const caller = files(withCa(ours.leaf(["core"])));
    const { address } = await scene.serve({ getCheck: async () => ({ name: "there" }) }, { tls: server.tls });
    const client = scene.dial(address, { tls: caller.tls }).client(ConfigService);
    expect((await client.getCheck({ id: "x" }, soon())).name).toBe("there");
    // A whole new authority: whoever still showed the old certificate, or trusted the old authority, would be refused.
    server.put(withCa(foreign.leaf(["config"]), foreign.ca.cert));
    caller.put(withCa(foreign.leaf(["core"]), foreign.ca.cert));
    await server.clock.advance(10_000);
    await caller.clock.advance(10_000);
    expect((await client.getCheck({ id: "x" }, soon())).name).toBe("there");
    expect(await ask(address, identity(ours.leaf(["core"])))).toStartWith("unavailable");
    expect(await ask(address, identity(foreign.leaf(["core"]), { ca: foreign.ca.cert }))).toBe("there");
    expect([server.log(), caller.log()].every((log) => log.includes("the certificate of this process was rotated"))).toBe(true);
  });

  test("that do not fit together, as while they are replaced, are left alone until they do", async () => {
    const at = files(withCa(ours.leaf(["config"])));
    const next = ours.leaf(["config", "core"]);
    at.put({ cert: next.cert });
    await at.clock.advance(10_000);
    expect([at.tls.roles(), at.log().includes("do not fit")]).toEqual([["config"], true]);
    at.put({ key: next.key });
    await at.clock.advance(10_000);
    expect(at.tls.roles()).toEqual(["config", "core"]);
  });

  test("are warned of from fourteen days before their end, once a day", async () => {
    const dayMs = 86_400_000;
    const untilMs = Date.now() + 15 * dayMs;
    const at = files(withCa(ours.leaf(["config"], { validity: { ...lasting(), untilMs } })));
    const warnings = () => at.log().split("\n").filter((line) => line.includes("expires in")).length;
    const later = async (days: number) => {
      at.clock.jump(days * dayMs);
      await at.clock.advance(10_000);
    };
    await later(0.9);
    expect(warnings()).toBe(0);
    await later(0.2);
    await later(0.5);
    expect([warnings(), at.log().includes("expires in 14 d")]).toEqual([1, true]);
    await later(0.6);
    expect(warnings()).toBe(2);
    await later(14);
    expect(at.log()).toContain("has expired: other roles refuse it");
    expect(Math.abs(at.tls.expiresAtMs() - untilMs)).toBeLessThan(1_000);
  });

  const good = withCa(ours.leaf(["core"]));
  const wrong: [string, Partial<typeof good>, string][] = [
    ["an authority that is none", { ca: "x" }, 'tls-ca: "ca" is not right'],
    ["a certificate that is none", { cert: "x" }, 'tls-cert: "cert" is not right'],
    ["a key that is none", { key: "x" }, 'tls-key: "key" is not right'],
    ["the key of another certificate", { key: foreign.ca.key }, 'tls-key: "key" is not the key of "cert"'],
    ["a certificate without roles", ours.leaf([]), 'tls-cert: "cert" names no role: issue it with uptimeping pki issue --role'],
  ];
  test.each(wrong)("%s stops the start with one sentence", (_what, part, sentence) => {
    expect(() => files({ ...good, ...part })).toThrow(sentence);
  });
});
