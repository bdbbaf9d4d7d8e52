/**
 * The targets of a fault test: as many as are wanted on one listener, told apart by path. Each is down when the script says so,
 * so that the truth is known before the product sees it.
 */
import type { Outage } from "./truth.ts";

export interface Asked {
  target: string;
  atMs: number;
  wasDown: boolean;
}

export interface World extends AsyncDisposable {
  urlOf(target: string): string;
  /** Adds to the script. */
  plan(outages: readonly Outage[]): void;
  outages(): readonly Outage[];
  /** From now on the target takes so long to answer. */
  slowDown(target: string, delayMs: number): void;
  /** From now on every target is up. */
  endOutages(): void;
  /** Each request, newest last. */
  requests: Asked[];
}

export function startWorld(): World {
  const byTarget = new Map<string, Outage[]>();
  const requests: World["requests"] = [];
  const delays = new Map<string, number>();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const target = new URL(request.url).pathname.slice(1);
      const atMs = Date.now();
      const wasDown = byTarget.get(target)?.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs) ?? false;
      requests.push({ target, atMs, wasDown });
      await Bun.sleep(delays.get(target) ?? 0);
      return new Response(wasDown ? "down" : "ok", { status: wasDown ? 500 : 200 });
    },
  });
  return {
    urlOf: (target) => `http://127.0.0.1:${server.port}/${target}`,
    plan(outages) {
      for (const outage of outages) byTarget.set(outage.target, [...(byTarget.get(outage.target) ?? []), outage]);
    },
    slowDown: (target, delayMs) => void delays.set(target, delayMs),
    outages: () => [...byTarget.values()].flat(),
    endOutages() {
      const nowMs = Date.now();
      for (const [target, outages] of byTarget) {
        byTarget.set(target, outages.filter(({ fromMs }) => fromMs < nowMs).map((outage) => ({ ...outage, toMs: Math.min(outage.toMs, nowMs) })));
      }
    },
    requests,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}
