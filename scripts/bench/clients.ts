/** What a C client reaches that does nothing but ask, with a new connection each time: the measure of the hardware. */
import type { Program } from "./compile.ts";
import { kinds, type KindName } from "./kinds.ts";
import { pinned } from "./machine.ts";
import type { LoopFigures } from "./raw_loop.ts";
import type { TargetName, Targets } from "./targets.ts";

export interface ClientFigures extends LoopFigures {
  firstByteP50Ms?: number;
  firstByteP99Ms?: number;
}

export interface ClientRun {
  seconds: number;
  /** So many a second; without it as fast as it can. */
  perSecond?: number;
  /** Instead of the kind's usual one. */
  target?: TargetName;
}

const inFlight = 200;

/** Undefined for TLS where the client was compiled without. */
export async function runClient(program: Program, targets: Targets, kind: KindName, { seconds, perSecond = 0, target }: ClientRun): Promise<ClientFigures | undefined> {
  const { transport, target: usual, request } = kinds[kind].exchange;
  if (transport === "tls" && !program.hasTls) return undefined;
  const { port, answerBytes } = targets.at[target ?? usual];
  const command = [program.path, transport, port, seconds, inFlight, perSecond, answerBytes, request(targets).toString("hex")].map(String);
  const child = Bun.spawn(pinned("client", command), { stdout: "pipe", stderr: "inherit", env: { AUTHORITY: targets.authorityFile } });
  return JSON.parse(await new Response(child.stdout).text()) as ClientFigures;
}

/** Undefined where wrk is not installed. */
export async function runWrk(targets: Targets, seconds: number): Promise<LoopFigures | undefined> {
  if (!Bun.which("wrk")) return undefined;
  const url = `http://127.0.0.1:${targets.at.http.port}/health`;
  const child = Bun.spawn(pinned("client", ["wrk", "-t1", `-c${inFlight}`, `-d${seconds}s`, "-H", "Connection: close", url]), { stdout: "pipe", stderr: "ignore" });
  const text = await new Response(child.stdout).text();
  await child.exited;
  const [, requests, took] = /(\d+) requests in ([\d.]+)s/.exec(text) ?? [];
  const used = child.resourceUsage();
  if (requests === undefined || !used) return undefined;
  return { checks: Number(requests), failed: 0, seconds: Number(took), cpuSeconds: Number(used.cpuTime.total) / 1e6 };
}
