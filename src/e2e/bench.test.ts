/** The benchmark itself: every scenario for a moment, so that it still works on the day somebody wants its figures. */
import { expect } from "bun:test";
import { join } from "node:path";
import { testUnless } from "../testing/needs_service.ts";
import { executable } from "../testing/start_product.ts";

const compiler = ["cc", "gcc", "clang"].find((name) => Bun.which(name) !== null);
const scenarios = ["kinds", "throughput", "paced", "honesty", "mixed", "latency", "storage", "scale", "soak", "faults", "cluster", "overview", "queues", "status"];

testUnless(compiler === undefined ? "no C compiler was found (Debian: apt-get install gcc libc6-dev)" : "", "npm run bench runs every scenario", async () => {
  const bench = Bun.spawn([process.execPath, join(import.meta.dir, "../../scripts/bench/run.ts"), "--smoke", "--scenario", "all", "--executable", executable], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } });
  const [shown, said, code] = await Promise.all([new Response(bench.stdout).text(), new Response(bench.stderr).text(), bench.exited]);
  const tables = [...shown.matchAll(/^(\w+): .*\n┌/gm)].map(([, scenario]) => scenario);
  expect({ code, tables: tables.toSorted(), trouble: /error.*/i.exec(said)?.[0] }).toEqual({ code: 0, tables: scenarios.toSorted(), trouble: undefined });
}, 240_000);
