/** What a C client reaches that does nothing but ask, with a new connection each time: the measure of the hardware. */
import type { LoopFigures } from "./raw_loop.ts";

/** Undefined where wrk is not installed. */
export async function runWrk(port: number, seconds: number): Promise<LoopFigures | undefined> {
  const wrk = Bun.which("wrk");
  if (!wrk) return undefined;
  const child = Bun.spawn([wrk, "-t1", "-c200", `-d${seconds}s`, "-H", "Connection: close", `http://127.0.0.1:${port}/health`], { stdout: "pipe", stderr: "ignore" });
  const text = await new Response(child.stdout).text();
  await child.exited;
  const [, requests, took] = /(\d+) requests in ([\d.]+)s/.exec(text) ?? [];
  const used = child.resourceUsage();
  if (requests === undefined || !used) return undefined;
  return { checks: Number(requests), failed: 0, seconds: Number(took), cpuSeconds: Number(used.cpuTime.total) / 1e6 };
}
