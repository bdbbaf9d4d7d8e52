import { expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { AssertionSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { systemClock } from "#kernel/clock";
import { silentLog } from "#kernel/log";
import { aCheck } from "../../testing/core_role.ts";
import type { FinishedRun } from "./finished_run.ts";
import { createProbePool } from "./probe_pool.ts";

test("a worker that costly answers hold up calls no other site down", async () => {
  // A quarter of a second for the pattern below.
  const large = "a".repeat(12_000);
  using site = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      await new Promise((resolve) => setTimeout(resolve, pathname === "/costly" ? 100 : 300));
      return new Response(pathname === "/costly" ? large : "ok");
    },
  });
  const pool = createProbePool({ workers: 1, log: silentLog, clock: systemClock, descriptors: () => Promise.reject(new Error("no protos here")), baselines: { answer: () => Promise.resolve(undefined) } });
  pool.setRules({ allow: [], deny: [], own: [], grants: {} }, true);
  const run = (id: string, path: string, timeoutMs: number, pattern?: string) => {
    const assertions = pattern ? [create(AssertionSchema, { source: "body", op: "not_matches", valueJson: JSON.stringify(pattern), severity: "down" })] : [];
    const check = aCheck(id, { target: { url: `http://127.0.0.1:${site.port}${path}` }, timeoutMs, retries: 0, assertions });
    return new Promise<FinishedRun>((resolve) => pool.run(check, "numbers", { ended: resolve }));
  };
  await run("chk_warm", "/", 5_000);
  const costly = Array.from({ length: 8 }, (_, index) => run(`chk_costly_${index}`, "/costly", 60_000, "[a-z]{1,200}[a-z]{1,200}[^a-z]"));
  const others = Array.from({ length: 30 }, (_, index) => run(`chk_${index}`, "/", 500));
  const runs = await Promise.all(others);
  expect(runs.filter(({ status }) => status === "down").map(({ error }) => error?.message)).toEqual([]);
  // Whichever the loop looked at first after it stood still: the deadline, and the attempt was made again, or the answer.
  expect(runs.some(({ attempts, latencyMs }) => attempts === 2 || latencyMs > 500)).toBe(true);
  await Promise.all(costly);
  pool.stop();
}, 60_000);
