/** What machines ask of the process: is it alive, is it ready, what are its figures. A port of its own, never public. */
import type { Readiness, Remark } from "#kernel/role";
import type { Telemetry } from "#kernel/telemetry";

export interface HealthOptions {
  host: string;
  port: number;
  /** By role; empty text is ready. */
  readiness: () => Map<string, Readiness>;
  /** By role; changes nothing about being ready. */
  remarks: () => Map<string, Remark>;
  phase: () => "starting" | "standing by" | "started" | "stopping";
  telemetry: Telemetry;
  /** Prometheus text of the metrics role, when it runs here. */
  moreMetrics: () => Promise<string>;
}

export interface HealthServer {
  origin: string;
  stop(): Promise<void>;
}

export function serveHealth(options: HealthOptions): HealthServer {
  const ready = (): Response => {
    const reasons: Record<string, string> = {};
    const phase = options.phase();
    // One that stands by does what it is there for; that it does not lead must not hold up a roll-out.
    if (phase === "starting" || phase === "stopping") reasons["process"] = phase;
    for (const [role, reason] of options.readiness()) reasons[role] = reason();
    const bad = Object.values(reasons).some((reason) => reason !== "");
    const remarks = options.remarks();
    const dependencies = Object.fromEntries(Object.entries(reasons).map(([name, reason]) => [name, reason || remarks.get(name)?.() || "ok"]));
    for (const [role, remark] of remarks) dependencies[role] ??= remark() || "ok";
    return Response.json({ status: bad ? "not ready" : phase === "standing by" ? phase : "ready", dependencies }, { status: bad ? 503 : 200 });
  };
  const server = Bun.serve({
    hostname: options.host,
    port: options.port,
    routes: {
      "/healthz": () => Response.json({ status: "alive" }),
      "/readyz": ready,
      "/startupz": () => Response.json({ status: options.phase() }, { status: options.phase() === "starting" ? 503 : 200 }),
      "/metrics": async () => {
        const text = (await options.telemetry.exposition()) + (await options.moreMetrics());
        return new Response(text, { headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } });
      },
    },
    fetch: () => new Response("not found\n", { status: 404 }),
  });
  return { origin: server.url.origin, stop: () => server.stop(true) };
}
