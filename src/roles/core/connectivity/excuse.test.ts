import { describe, expect, test } from "bun:test";
import { systemCall } from "#kernel/call";
import { aCheck, startCoreRole } from "../../../testing/core_role.ts";
import { openTempStore } from "../../../testing/temp_store.ts";
import type { ErrorKind } from "../net/failure.ts";
import type { FinishedRun } from "../finished_run.ts";

const shop = aCheck("chk_shop", { target: { url: "https://shop.example/" } });
const failed = (kind: ErrorKind): Partial<FinishedRun> => ({ status: "down", error: { kind, message: "no answer" } });
const system = systemCall("test");

/** A role whose canary answered once. */
async function start(check = shop) {
  const temp = await openTempStore();
  let answers = true;
  const role = await startCoreRole(temp.store, { checks: [check], canary: () => (answers ? { heard: "answer" } : { heard: "silence", why: "no answer" }) });
  await role.clock.advance(0);
  const become = async (online: boolean) => {
    answers = online;
    return role.core.checkConnectivity({}, system);
  };
  const resultOf = async (end: Partial<FinishedRun>, startedAtMs = role.clock.now()) => {
    await role.run(check, role.clock.now(), { startedAtMs, ...end });
    await role.clock.advance(1_000);
    return role.told.at(-1)!.result!;
  };
  const dispose = async () => {
    await role.stop();
    await temp[Symbol.asyncDispose]();
  };
  return { role, become, resultOf, [Symbol.asyncDispose]: dispose };
}

describe("a run that failed while our own network was lost", () => {
  test.each<ErrorKind>(["dns_timeout", "dns_failure", "connect_timeout", "connect_unreachable", "connection_reset", "tls_handshake", "response_timeout"])("with %s is unknown, and says why", async (kind) => {
    await using at = await start();
    expect(await at.become(false)).toMatchObject({ known: true, online: false });
    const { status, error } = await at.resultOf(failed(kind));
    expect([status, error?.kind, error?.message]).toEqual(["unknown", "no_connectivity", "our own connectivity is lost: 1 of 1 canaries do not answer; the run failed with no answer"]);
  });

  test.each<ErrorKind>(["http_status", "connect_refused", "tls_expired", "assertion_failed", "config_invalid"])("with %s is as it was: no lost network explains that", async (kind) => {
    await using at = await start();
    await at.become(false);
    expect((await at.resultOf(failed(kind))).status).toBe("down");
  });

  test.each<Record<string, string | number>>([{ url: "http://127.0.0.1:8080/" }, { url: "https://localhost/" }, { host: "::1", port: 5 }, { url: "http://user@[::1]:80/x" }])("of %p is as it was: it is reached without any network", async (target) => {
    await using at = await start(aCheck("chk_here", { target }));
    await at.become(false);
    expect((await at.resultOf(failed("connect_timeout"))).status).toBe("down");
  });

  test("at another location is as it was: that does not go through our network", async () => {
    await using at = await start(aCheck("chk_far", { target: { url: "https://shop.example/" }, locations: ["default", "eu-1"] }));
    await at.become(false);
    const slotMs = at.role.clock.now();
    for (const location of ["default", "eu-1"]) at.role.give(aCheck("chk_far", { target: { url: "https://shop.example/" }, locations: ["default", "eu-1"] }), slotMs, { location });
    at.role.pool.end({ startedAtMs: slotMs, ...failed("connect_timeout") });
    await at.role.clock.advance(1_000);
    expect(at.role.told.map(({ location, status }) => [location, status])).toEqual([["default", "unknown"], ["eu-1", "down"]]);
  });

  test("is unknown also when it ended after the network was back, and down when it began after that", async () => {
    await using at = await start();
    await at.become(false);
    const before = at.role.clock.now();
    await at.role.clock.advance(1_000);
    expect(await at.become(true)).toMatchObject({ known: true, online: true, offlineSinceMs: 0 });
    expect((await at.resultOf(failed("connect_timeout"), before)).status).toBe("unknown");
    expect((await at.resultOf(failed("connect_timeout"))).status).toBe("down");
  });

  test("is down while the network is there", async () => {
    await using at = await start();
    expect((await at.resultOf(failed("connect_timeout"))).status).toBe("down");
  });
});

test("the state of our own network is for roles alone", async () => {
  await using at = await start();
  const person = { ...system, tenantId: "ten_1", actor: { type: "user", id: "usr_1", role: "owner", ip: "" } } as const;
  await expect(at.role.core.checkConnectivity({}, person)).rejects.toMatchObject({ code: "forbidden" });
});
