import { expect, test } from "bun:test";
import { systemClock } from "#kernel/clock";
import { createReleases } from "#kernel/lifecycle";
import { silentLog } from "#kernel/log";
import { describeWith } from "../../testing/needs_service.ts";
import { createDatabase } from "../../testing/temp_postgres.ts";
import { openPostgresAdapters } from "./index.ts";

const days = 86_400_000;

/** A process that leads the roles named in `epochs`. */
async function start(url: string, epochs: Map<string, number>) {
  const releases = createReleases(silentLog);
  const ports = await openPostgresAdapters({
    url,
    connections: 3,
    commitIntervalMs: 5,
    fenceEpochOf: (role) => epochs.get(role),
    retention: { resultsMs: days, minutesMs: days, hoursMs: days, daysMs: days },
    clock: systemClock,
    log: silentLog,
    releases,
    onFatal: () => {},
  });
  return { ports, [Symbol.asyncDispose]: () => releases.releaseAll() };
}

const key = { kid: "k1", publicJwk: "{}", sealedPrivateJwk: "s", createdAtMs: 1 };
const set = { id: "prt_01", tenantId: "ten_a", name: "shop", fileNames: [], sources: [], descriptors: new Uint8Array(), services: [], warnings: [], messages: 0, createdAtMs: 1, reflection: undefined };

describeWith("postgres", "processes that share a postgres database", () => {
  test("write for the roles that they lead, read everything, and keep proto sets whoever leads", async () => {
    await using database = await createDatabase();
    const epochs = new Map<string, number>();
    await using leader = await start(database.url, epochs);
    await using other = await start(database.url, new Map());
    epochs.set("auth", (await leader.ports.leases.acquire("auth", "a", { epoch: 0, nowMs: 0, ttlMs: 60_000 }))!.epoch);

    await expect(other.ports.identity.signingKeys.addFirst(key)).rejects.toMatchObject({ code: "failed_precondition" });
    expect(await leader.ports.identity.signingKeys.addFirst(key)).toBe(true);
    expect(await other.ports.identity.signingKeys.list()).toEqual([key]);
    await expect(leader.ports.templates.put({ tenantId: "ten_a", name: "x", text: "", updatedAtMs: 1, updatedBy: "" })).rejects.toMatchObject({ code: "failed_precondition" });
    expect((await other.ports.protos.add(set, 10)).version).toBe(1);
  });
});
