/**
 * Many checks that begin to fail within a minute, in several networks at once, are more often our own network than theirs. Then it is
 * asked, and until the answer is there their openings wait. What was down before has nothing left to fall, so that the share is one of
 * those that were good: with most of a platform down already, the rest is still recognised.
 *
 *   calm      fewer than that.
 *   asking    openings wait. An answer that does not come within `mostWaitMs` is "unknown".
 *   released  the answer was "online" or "unknown": what fails now is told, and not asked about again for a while.
 *   offline   the answer was "offline": failures that our own network explains are no evidence. Asked again until it changes.
 */
import type { Clock, Timer } from "#kernel/clock";
import { mostWaitMs } from "#ports/detection_bound";
import { createReporting } from "./reporting.ts";

export type Connectivity = "online" | "offline" | "unknown";

export interface NewFailure {
  checkId: string;
  /** As `networkOf` gives it. */
  network: string;
  /** When the run began. */
  atMs: number;
}

export interface MassFailure {
  /** A check reported, whatever it said. */
  reported(checkId: string, atMs: number): void;
  /** A check that was good began to fail for a reason that may be ours. */
  began(failure: NewFailure): void;
  state(): "calm" | "asking" | "released" | "offline";
  stop(): void;
}

export interface MassFailureOptions {
  clock: Clock;
  connectivity: () => Promise<Connectivity>;
  /** The checks that report and are not good now. */
  failing: () => Iterable<string>;
  /** The state is another one now. */
  onChange: () => void;
}

const windowMs = 60_000;
const fewestChecks = 5;
/** When half of all are down already, few are left to fall. */
const fewestAmidFailures = 3;
const leastShare = 0.3;
const fewestNetworks = 3;
const releasedForMs = 120_000;
const askAgainMs = 15_000;

export function createMassFailure({ clock, connectivity, failing, onChange }: MassFailureOptions): MassFailure {
  const reporting = createReporting();
  const recent = new Map<string, NewFailure>();
  let state: "calm" | "asking" | "released" | "offline" = "calm";
  let timer: Timer | undefined;
  let asked = 0;
  let lookAt = fewestAmidFailures;

  const become = (next: typeof state) => {
    state = next;
    timer?.cancel();
    timer = next === "released" ? clock.after(releasedForMs, () => become("calm")) : undefined;
    if (next === "offline") timer = clock.after(askAgainMs, ask);
    onChange();
  };

  const ask = () => {
    const question = ++asked;
    const answered = (answer: Connectivity) => {
      if (question !== asked) return;
      asked++;
      if (answer === "offline") become("offline");
      else become(state === "offline" ? "calm" : "released");
    };
    timer?.cancel();
    timer = clock.after(mostWaitMs, () => answered("unknown"));
    connectivity().then(answered, () => answered("unknown"));
  };

  /** Every good check that fell within the window, as a share of those that could fall. */
  const isMass = () => {
    if (recent.size < lookAt) return false;
    // A look passes over everything: when thousands fall, one for each twentieth more is enough.
    lookAt = aLittleMoreThan(recent.size);
    const networks = new Set([...recent.values()].map((each) => each.network).filter((network) => network !== ""));
    if (networks.size < fewestNetworks) return false;
    const failedBefore = [...failing()].filter((checkId) => !recent.has(checkId)).length;
    const known = Math.max(reporting.estimate(), failedBefore + recent.size);
    const fewest = failedBefore >= known / 2 ? fewestAmidFailures : fewestChecks;
    return recent.size >= Math.max(fewest, leastShare * (known - failedBefore));
  };

  return {
    reported: reporting.saw,
    began(failure) {
      recent.delete(failure.checkId);
      recent.set(failure.checkId, failure);
      dropOld(recent, failure.atMs);
      lookAt = Math.max(fewestAmidFailures, Math.min(lookAt, aLittleMoreThan(recent.size)));
      if (state !== "calm" || !isMass()) return;
      state = "asking";
      ask();
    },
    state: () => state,
    stop() {
      asked++;
      timer?.cancel();
    },
  };
}

/** Fewer than twenty are looked at with each that comes. */
function aLittleMoreThan(checks: number): number {
  return Math.floor(checks * 1.05);
}

/** In the order of coming, so that mostly only the first few are looked at. */
function dropOld(recent: Map<string, NewFailure>, nowMs: number): void {
  for (const [checkId, { atMs }] of recent) {
    if (Math.abs(nowMs - atMs) <= windowMs) break;
    recent.delete(checkId);
  }
}

const kindsOfNetwork = new Set([
  "dns_not_found",
  "dns_timeout",
  "dns_failure",
  "connect_refused",
  "connect_timeout",
  "connect_unreachable",
  "connection_reset",
  "tls_handshake",
  "response_timeout",
  "heartbeat_missed",
]);

/** Whether a lost network of our own explains it. A status or a certificate was received, and proves the contrary. */
export function mayBeOurs(kind: string): boolean {
  return kindsOfNetwork.has(kind);
}

/** Where a check looks: the /24 or /48 of an address, the last two labels of a name, "" when it looks nowhere. */
export function networkOf(target: Record<string, unknown> | undefined): string {
  const named = target?.["host"] ?? target?.["address"] ?? target?.["url"] ?? target?.["name"];
  if (typeof named !== "string") return "";
  const host = hostOf(named);
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return host.slice(0, host.lastIndexOf("."));
  if (host.includes(":")) return host.split(":").slice(0, 3).join(":");
  return host.split(".").slice(-2).join(".");
}

function hostOf(named: string): string {
  const authority = named.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/[/?#].*$/s, "").replace(/^.*@/, "");
  const bracketed = /^\[([^\]]*)\]/.exec(authority);
  if (bracketed) return bracketed[1]!.toLowerCase();
  const isAddress6 = authority.split(":").length > 2;
  return (isAddress6 ? authority : authority.replace(/:\d+$/, "")).toLowerCase();
}
