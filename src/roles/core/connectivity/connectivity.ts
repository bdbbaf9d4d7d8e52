/**
 * Whether our own network is there, as canaries say: places that the operator named because they always answer.
 *
 *   unknown  no canary has answered in this process yet, so their silence would prove nothing.
 *   online   not offline.
 *   offline  two rounds in a row the majority of those that ever answered was silent. One good round ends it.
 *
 * A round every 15 s; the one after a bad round comes soon, and while offline they come more often, so that neither the beginning nor the
 * end of it is noticed late. A round in which too few could be asked for reasons of ours counts as none.
 */
import type { Clock, Timer } from "#kernel/clock";
import type { EgressRules } from "#kernel/egress";
import type { Log } from "#kernel/log";
import type { Telemetry } from "#kernel/telemetry";
import type { Canary } from "./canaries.ts";
import { knock, type Knock } from "./knock.ts";

export interface CanaryReport {
  name: string;
  /** Whether it has ever answered in this process. */
  proven: boolean;
  answers: boolean;
  /** Why not; "" when it does. */
  error: string;
}

export interface ConnectivityReport {
  state: "unknown" | "online" | "offline";
  /** The newest round; 0 before the first. */
  checkedAtMs: number;
  /** Since when it is offline; 0 when it is not. */
  offlineSinceMs: number;
  canaries: CanaryReport[];
}

export interface Connectivity {
  /** A run that began before this time and failed for a reason of the network is no evidence. Infinity while offline. */
  readonly excusedBeforeMs: number;
  report(): ConnectivityReport;
  /** "3 of 3 canaries do not answer" */
  summary(): string;
  /** Asks the canaries now; callers at the same time share one question. At most two rounds of `knockMs`. */
  check(): Promise<ConnectivityReport>;
  begin(): void;
  stop(): void;
}

export interface ConnectivityOptions {
  canaries: Canary[];
  rules: () => EgressRules;
  clock: Clock;
  log: Log;
  telemetry: Telemetry;
  /** A test's own. */
  ask?: (canary: Canary) => Promise<Knock>;
}

const everyMs = 15_000;
const soonMs = 2_000;
const whileOfflineMs = 5_000;
/** Long enough for one lost packet, which is sent again after a second; twice this fits into what a caller waits. */
const knockMs = 1_900;

export function createConnectivity(options: ConnectivityOptions): Connectivity {
  const { canaries, clock, log, telemetry, ask = (canary) => askCanary(canary, options) } = options;
  const reports = new Map<string, CanaryReport>(canaries.map(({ name }) => [name, { name, proven: false, answers: false, error: "not asked yet" }]));
  let excusedBeforeMs = 0;
  let offlineSinceMs = 0;
  let firstBadMs = 0;
  let badRounds = 0;
  let checkedAtMs = 0;
  let asking: Promise<void> | undefined;
  let checking: Promise<ConnectivityReport> | undefined;
  let timer: Timer | undefined;
  let running = false;

  telemetry.gauge("online", "Whether our own network is there: 1 online, 0 offline, absent while that is not known", [], (gauge) => {
    gauge.reset();
    if (stateNow() !== "unknown") gauge.set(stateNow() === "online" ? 1 : 0);
  });

  const proven = () => [...reports.values()].filter((report) => report.proven);
  const stateNow = () => (offlineSinceMs > 0 ? "offline" : proven().length > 0 ? "online" : "unknown");
  const summary = () => {
    const known = proven();
    return `${known.filter(({ answers }) => !answers).length} of ${known.length} canaries do not answer`;
  };

  const heard = (knocks: Knock[]) => {
    for (const [at, { name }] of canaries.entries()) {
      const answer = knocks[at]!;
      const { proven: before } = reports.get(name)!;
      reports.set(name, { name, proven: before || answer.heard === "answer", answers: answer.heard === "answer", error: answer.heard === "answer" ? "" : answer.why });
    }
    const voices = knocks.filter((one, at) => one.heard !== "nothing" && reports.get(canaries[at]!.name)!.proven);
    const silent = voices.filter((one) => one.heard === "silence").length;
    // Those that could not be asked might have answered.
    if (silent * 2 > proven().length) return bad();
    if ((voices.length - silent) * 2 >= proven().length && voices.length > silent) good();
  };

  const bad = () => {
    if (++badRounds === 1) firstBadMs = clock.now();
    if (badRounds < 2 || offlineSinceMs > 0) return;
    offlineSinceMs = firstBadMs;
    excusedBeforeMs = Number.POSITIVE_INFINITY;
    log.error("our own network is lost: failures that it explains count as unknown", { reason: summary() });
  };

  const good = () => {
    badRounds = 0;
    if (offlineSinceMs === 0) return;
    log.info("our own network is back", { offlineMs: clock.now() - offlineSinceMs });
    offlineSinceMs = 0;
    excusedBeforeMs = clock.now();
  };

  const round = () =>
    (asking ??= Promise.all(canaries.map((canary) => ask(canary)))
      .then((knocks) => {
        checkedAtMs = clock.now();
        heard(knocks);
      })
      .finally(() => {
        asking = undefined;
        plan();
      }));

  const plan = () => {
    timer?.cancel();
    if (running) timer = clock.after(offlineSinceMs > 0 ? whileOfflineMs : badRounds > 0 ? soonMs : everyMs, () => void round());
  };

  const report = (): ConnectivityReport => ({ state: stateNow(), checkedAtMs, offlineSinceMs, canaries: [...reports.values()] });

  return {
    get excusedBeforeMs() {
      return excusedBeforeMs;
    },
    report,
    summary,
    check: () =>
      (checking ??= (async () => {
        if (canaries.length > 0) await round();
        if (badRounds === 1) await round();
        return report();
      })().finally(() => (checking = undefined))),
    begin() {
      running = canaries.length > 0;
      if (running) void round();
    },
    stop() {
      running = false;
      timer?.cancel();
    },
  };
}

/** One answer from one of its places is enough; else what the first said that was heard. */
async function askCanary({ places }: Canary, { clock, rules }: ConnectivityOptions): Promise<Knock> {
  const knocks = await Promise.all(places.map((place) => knock(place, { clock, rules, timeoutMs: knockMs })));
  return knocks.find(({ heard }) => heard === "answer") ?? knocks.find(({ heard }) => heard === "silence") ?? knocks[0]!;
}
