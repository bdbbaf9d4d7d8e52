/** How a process answers others, from its settings. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { afterAll, describe, expect, test } from "bun:test";
import { ForgeService } from "#contracts/uptimeping/forge/v1/forge_pb";
import { systemClock } from "#kernel/clock";
import { createReleases } from "#kernel/lifecycle";
import { silentLog } from "#kernel/log";
import { issueLeaf, makeAuthority } from "#kernel/pki/issue";
import type { AnyRole } from "#kernel/role";
import { createTelemetry } from "#kernel/telemetry";
import { loadRoles, roleNames } from "../roles/index.ts";
import { openFar } from "./far.ts";
import { readSettings } from "./settings.ts";

const dir = mkdtempSync(join(tmpdir(), "uptimeping-far-"));
const releases = createReleases(silentLog);
afterAll(async () => {
  await releases.releaseAll();
  rmSync(dir, { recursive: true, force: true });
});

const forge: AnyRole = { name: "forge", provides: ForgeService, needs: {}, uses: [], listens: [], settings: {}, leads: false, standBy: undefined, start: () => Promise.reject(new Error("not started here")) };
const api = Object.fromEntries(ForgeService.methods.map(({ localName }) => [localName, async () => ({})]));
const handle = { api, on: {}, begin: undefined, ready: undefined, remark: undefined, announce: undefined, bound: undefined };
const allRoles = await loadRoles(roleNames);

function open(...args: string[]) {
  const settings = readSettings(allRoles, ["--role", "forge", "--grpc-port", "0", ...args], {});
  return openFar(settings, [forge], { clock: systemClock, log: silentLog, telemetry: createTelemetry(), releases });
}

const serve = async (...args: string[]) => (await open(...args).serve([{ role: forge, handle }], undefined))[0]!;

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

const day = { fromMs: Date.now() - 60_000, untilMs: Date.now() + 86_400_000 };
const authority = makeAuthority("an authority", day);
const leaf = (name: string, roles: string[]) => {
  const { cert, key } = issueLeaf(authority, { hosts: ["localhost", "127.0.0.1"], roles, validity: day });
  return ["--tls-ca", file("ca.crt", authority.cert), "--tls-cert", file(`${name}.crt`, cert), "--tls-key", file(`${name}.key`, key)];
};

/** The name of the status that a call without anything to show ends with. */
function statusOf(address: string, path: string): Promise<string> {
  const client = new grpc.Client(address, grpc.credentials.createInsecure());
  const same = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, same, same, Buffer.alloc(0), { deadline: Date.now() + 5_000 }, (error) => {
      client.close();
      resolve(grpc.status[error?.code ?? grpc.status.OK]!);
    });
  });
}

describe("answering on an address that others reach", () => {
  test("takes certificates or a token, and says so", async () => {
    const words = "roles would answer anybody on 0.0.0.0: set tls-ca, tls-cert and tls-key, or peer-token, or a loopback address as grpc-host";
    await expect(serve("--grpc-host", "0.0.0.0")).rejects.toThrow(words);
    expect(await serve("--grpc-host", "0.0.0.0", "--peer-token", "secret")).toStartWith("0.0.0.0:");
    expect(await serve("--grpc-host", "0.0.0.0", ...leaf("forge", ["forge"]))).toStartWith("0.0.0.0:");
  });

  test("wants all three files, those that can be read, and a certificate for what runs here", () => {
    const [ca, ...rest] = [leaf("forge", ["forge"]).slice(0, 2), leaf("forge", ["forge"]).slice(2)] as [string[], string[]];
    expect(() => open(...ca)).toThrow("tls-ca, tls-cert and tls-key belong together: give all three, or none");
    expect(() => open("--tls-ca", join(dir, "none.crt"), ...rest[0]!)).toThrow(/tls-ca: ".*none\.crt" cannot be read: /);
    expect(() => open(...leaf("core", ["core", "auth"]))).toThrow(/^the certificate .*core\.crt is not for the role forge: issue one with --role forge$/);
  });
});

test("health is open to whoever reaches the port, the role only to those that show the token, reflection unless it is switched off", async () => {
  const health = "/grpc.health.v1.Health/Check";
  const reflection = ["v1", "v1alpha"].map((version) => `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`);
  const open = await serve("--peer-token", "secret");
  expect([await statusOf(open, health), await statusOf(open, "/uptimeping.forge.v1.ForgeService/ListTemplates")]).toEqual(["OK", "UNAUTHENTICATED"]);
  const closed = await serve("--peer-token", "secret", "--grpc-reflection", "false");
  expect(await statusOf(closed, health)).toBe("OK");
  for (const path of reflection) {
    expect(await statusOf(open, path)).not.toBe("UNIMPLEMENTED");
    expect(await statusOf(closed, path)).toBe("UNIMPLEMENTED");
  }
});
