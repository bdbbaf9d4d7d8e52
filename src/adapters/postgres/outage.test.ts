/** A server of its own, which is stopped, killed and made to stand still. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { silentLog } from "#kernel/log";
import { describeUnless } from "../../testing/needs_service.ts";
import { startServer, whyNot, type Server } from "../../testing/servers/server.ts";
import { openPostgres } from "./connection.ts";

describeUnless(whyNot("postgres"), "postgres store and outages", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer("postgres");
  }, 60_000);
  afterAll(() => server[Symbol.asyncDispose]());

  const open = (change = {}) => {
    const store = openPostgres({ url: server.url, connections: 4, log: silentLog, ...change });
    return { store, [Symbol.asyncDispose]: () => store.close() };
  };

  for (const how of ["stop", "kill"] as const) {
    test(`of a server that was ended (${how}) and started again nothing is seen but unavailable, and then it goes on`, async () => {
      await using at = open();
      await at.store.run("CREATE TABLE IF NOT EXISTS notes (text text NOT NULL)");
      const codes = new Set<string>();
      let isOver = false;
      let done = 0;
      const worker = async () => {
        while (!isOver) {
          try {
            await at.store.write((tx) => tx.run("INSERT INTO notes (text) VALUES ('a')"));
            done++;
          } catch (error) {
            codes.add((error as { code: string }).code);
            await Bun.sleep(10);
          }
        }
      };
      const workers = [worker(), worker(), worker(), worker()];
      while (done < 10) await Bun.sleep(5);
      await server[how]();
      while (codes.size === 0) await Bun.sleep(5);
      await server.start();
      const before = done;
      while (done < before + 20) await Bun.sleep(5);
      isOver = true;
      await Promise.all(workers);
      expect([...codes]).toEqual(["unavailable"]);
    }, 60_000);
  }

  test("a connection that falls silent is given up, and others take its place", async () => {
    await using at = open({ connections: 1, statementTimeoutMs: 100, silenceMs: 200 });
    await using other = open();
    const { pid } = (await at.store.get<{ pid: number }>("SELECT pg_backend_pid() AS pid"))!;
    process.kill(pid, "SIGSTOP");
    try {
      await expect(at.store.get("SELECT 1")).rejects.toMatchObject({ code: "unavailable", message: "the database cannot be reached: it gave no answer for 300 ms" });
      expect((await at.store.get<{ pid: number }>("SELECT pg_backend_pid() AS pid"))!.pid).not.toBe(pid);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    expect(await other.store.get<object>("SELECT 1 AS one")).toEqual({ one: 1 });
  }, 60_000);

  test("a transaction whose connection falls silent fails, at its begin, within it or at its commit", async () => {
    await using at = open({ connections: 1, statementTimeoutMs: 100, silenceMs: 200 });
    await at.store.run("CREATE TABLE IF NOT EXISTS silent (text text NOT NULL)");
    for (const when of ["begin", "middle", "commit"]) {
      let { pid } = (await at.store.get<{ pid: number }>("SELECT pg_backend_pid() AS pid"))!;
      if (when === "begin") process.kill(pid, "SIGSTOP");
      const work = at.store.write(async (tx) => {
        ({ pid } = (await tx.get<{ pid: number }>("SELECT pg_backend_pid() AS pid"))!);
        await tx.run("INSERT INTO silent (text) VALUES ($1)", [when]);
        if (when === "middle") process.kill(pid, "SIGSTOP");
        if (when === "middle") await tx.run("SELECT 1");
        process.kill(pid, "SIGSTOP");
      });
      await expect(work).rejects.toMatchObject({ code: "unavailable" });
      process.kill(pid, "SIGCONT");
      await at.store.run("INSERT INTO silent (text) VALUES ('next')");
    }
    const rows = await at.store.all<{ text: string }>("SELECT text FROM silent WHERE text IN ('begin', 'middle')");
    expect(rows).toEqual([]);
  }, 60_000);
});
