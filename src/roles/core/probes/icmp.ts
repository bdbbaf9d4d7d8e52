/**
 * The `icmp` kind: a few echo requests, one interval apart. No reply at all is down; some lost is a matter of assertions.
 *
 * Its latency is the average round trip, which is what a person wants to see of a ping, and not how long the run took.
 * A reply is waited for until the deadline while there was none; once some came, for a second or three of their round trips.
 */
import type { Timer } from "#kernel/clock";
import type { Source } from "#ports/assertion_language";
import { icmpDefaults } from "#ports/targets/icmp";
import { createEndpoint, type Endpoint } from "../net/endpoint.ts";
import { failure, type Failure } from "../net/failure.ts";
import { droppedByUs, pingMethod, sendEcho, type Echo } from "../net/ping.ts";
import { pingByCommand } from "../net/ping_command.ts";
import type { IpFamily } from "../net/resolver.ts";
import { ConnectionAttempt } from "./connection_attempt.ts";
import type { Attempt, JsonObject, PreparedProbe, RunEnvironment } from "./probe.ts";

export interface IcmpTarget {
  host: string;
  count?: number;
  size?: number;
  intervalMs?: number;
  ipFamily?: IpFamily;
  resolve?: string;
}

interface PreparedIcmp {
  endpoint: Endpoint;
  count: number;
  payloadBytes: number;
  intervalMs: number;
}

const lingerMs = 1_000;
const lingerRoundTrips = 3;
const noRoute = ["ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EHOSTDOWN"];

export function prepareIcmp(target: JsonObject): PreparedProbe {
  const icmp = target as unknown as IcmpTarget;
  const prepared: PreparedIcmp = {
    // Echo has no ports; the gate compares them with those of our own listeners only.
    endpoint: createEndpoint({ host: icmp.host, port: 0, family: icmp.ipFamily, resolve: icmp.resolve }),
    count: icmp.count ?? icmpDefaults.count,
    payloadBytes: icmp.size ?? icmpDefaults.size,
    intervalMs: icmp.intervalMs ?? icmpDefaults.intervalMs,
  };
  return { implied: [], attempt: (environment, timeoutMs, onDone) => new IcmpAttempt(prepared, environment, timeoutMs, onDone).start() };
}

class IcmpAttempt extends ConnectionAttempt {
  #sent = 0;
  /** In the order of the requests; NaN while there is no reply. */
  #roundTrips: number[] = [];
  #replies = 0;
  #unreachable = "";
  #droppedBefore = 0;
  #dropped = 0;
  readonly #method: string;
  #open: { cancel(): void }[] = [];
  #timer: Timer | undefined = undefined;
  #others: string[] = [];

  constructor(
    private readonly prepared: PreparedIcmp,
    environment: RunEnvironment,
    timeoutMs: number,
    onDone: (attempt: Attempt) => void,
  ) {
    super(environment, timeoutMs, onDone);
    this.#method = environment.pingMethod ?? pingMethod();
  }

  start(): void {
    this.reach(this.prepared.endpoint);
  }

  /** One after the other: nothing connects that could race. */
  protected override connectToOneOf([first, ...others]: string[]): void {
    this.#others = others;
    this.connectTo(first!);
  }

  protected override connectTo(address: string): void {
    this.remoteAddress = address;
    this.enter("first_byte");
    this.#roundTrips = Array.from({ length: this.prepared.count }, () => Number.NaN);
    // Told in a later turn, whatever comes of it.
    queueMicrotask(() => {
      if (this.isOver) return;
      if (this.#method === "ping command") this.#command();
      else if (this.#method === "none") this.finish(failure("internal", notAllowed));
      else this.#next();
    });
  }

  #next(): void {
    const index = this.#sent++;
    const { clock } = this.environment;
    const echo: Echo | string = sendEcho(this.remoteAddress, this.prepared.payloadBytes, this.#method as "raw socket", () => clock.monotonic(), {
      onReply: (receivedMs) => this.#replied(index, receivedMs - (echo as Echo).sentMs),
      onUnreachable: (reason) => this.#refused(reason),
      onBroken: (code) => this.finish(ownFault(code)),
    });
    if (index === 0) this.#droppedBefore = droppedByUs(this.remoteAddress, this.#method);
    if (typeof echo === "string") return this.#unsent(echo);
    this.#open.push(echo);
    this.#schedule();
  }

  #schedule(): void {
    const isLast = this.#sent === this.prepared.count;
    this.#timer = isLast ? this.#linger() : this.environment.clock.after(this.prepared.intervalMs, () => this.#next());
  }

  #unsent(code: string): void {
    if (!noRoute.includes(code)) return this.finish(ownFault(code));
    // Of a name with addresses of both families one may be without a route.
    const other = this.#sent === 1 ? this.#others.shift() : undefined;
    if (other !== undefined) {
      this.#sent = 0;
      return this.connectTo(other);
    }
    this.#refused(`${code.startsWith("ENET") ? "network" : "host"} unreachable`);
    if (!this.isOver) this.#schedule();
  }

  #command(): void {
    const { count, payloadBytes, intervalMs } = this.prepared;
    this.#sent = count;
    try {
      const command = pingByCommand(this.remoteAddress, { count, payloadBytes, intervalMs, timeoutMs: this.timeoutMs }, {
        onReply: (roundTripMs) => this.#replied(this.#replies, roundTripMs),
        onUnreachable: (reason) => this.#refused(reason),
        onEnd: (complaint) => (complaint === "" ? this.#conclude() : this.finish(ownFault(complaint))),
      });
      this.#open.push(command);
    } catch (error) {
      this.finish(ownFault((error as Error).message));
    }
  }

  #replied(index: number, roundTripMs: number): void {
    if (this.isOver) return;
    this.#roundTrips[index] = roundTripMs;
    if (this.#replies++ === 0) this.firstByteMs = roundTripMs;
    if (this.#replies === this.prepared.count) this.finish();
    else if (this.#sent === this.prepared.count && this.#method !== "ping command") this.#timer = this.#linger();
  }

  /** After some reply it is a lost request; before any there is nothing to wait for. */
  #refused(reason: string): void {
    this.#unreachable = reason;
    if (this.#replies === 0) this.finish(failure("connect_unreachable", `no reply from ${this.remoteAddress}: ${reason}`));
  }

  #linger(): Timer | undefined {
    this.#timer?.cancel();
    if (this.#replies === 0) return undefined;
    const slowest = Math.max(...this.#answered());
    return this.environment.clock.after(Math.max(lingerMs, slowest * lingerRoundTrips), () => this.#conclude());
  }

  protected override late(): void {
    this.#conclude();
  }

  #conclude(): void {
    if (this.#replies > 0) return this.finish();
    if (this.#droppedMeanwhile() > 0) return this.finish(ownFault("its socket was full and packets were lost"));
    const requests = this.#sent === 1 ? "1 echo request" : `${this.#sent} echo requests`;
    this.finish(failure("response_timeout", `no reply to ${requests} within ${this.timeoutMs} ms`));
  }

  /** Asked while requests are open: the count ends with the socket. */
  #droppedMeanwhile(): number {
    return Math.max(0, droppedByUs(this.remoteAddress, this.#method) - this.#droppedBefore);
  }

  protected override finish(problem?: Failure): void {
    if (this.isOver) return;
    if (this.#replies < this.#sent) this.#dropped = this.#droppedMeanwhile();
    this.#timer?.cancel();
    for (const echo of this.#open) echo.cancel();
    super.finish(problem);
  }

  protected override measuredLatencyMs(): number {
    return this.#average() ?? super.measuredLatencyMs();
  }

  #answered(): number[] {
    return this.#roundTrips.filter((ms) => !Number.isNaN(ms));
  }

  #average(): number | undefined {
    return this.#replies === 0 ? undefined : this.#answered().reduce((sum, ms) => sum + ms, 0) / this.#replies;
  }

  /** The mean absolute difference of round trips that follow each other; undefined with fewer than two. */
  #jitter(): number | undefined {
    const answered = this.#answered();
    if (answered.length < 2) return undefined;
    return answered.slice(1).reduce((sum, ms, index) => sum + Math.abs(ms - answered[index]!), 0) / (answered.length - 1);
  }

  #loss(): number {
    return ((this.#sent - this.#replies) / Math.max(1, this.#sent)) * 100;
  }

  override fact(source: Source): unknown {
    if (source === "loss") return rounded(this.#loss());
    if (source === "rtt_avg") return rounded(this.#average());
    if (source === "rtt_max") return this.#replies === 0 ? undefined : rounded(Math.max(...this.#answered()));
    if (source === "jitter") return rounded(this.#jitter());
    return undefined;
  }

  protected ready(): void {
    // There is no connection that could be ready.
  }

  received(): void {
    // Nor does anything come over one.
  }

  headers(): string[] {
    return [];
  }

  text(): string {
    return "";
  }

  override observed(withExcerpt: boolean): JsonObject {
    const facts: JsonObject = { ...super.observed(withExcerpt), method: this.#method, sent: this.#sent, received: this.#replies, lossPercent: rounded(this.#loss())! };
    if (this.#dropped > 0) facts.droppedByUs = this.#dropped;
    if (this.#unreachable !== "") facts.unreachable = this.#unreachable;
    if (this.#replies === 0) return facts;
    const answered = this.#answered();
    return {
      ...facts,
      rttMinMs: rounded(Math.min(...answered))!,
      rttAvgMs: rounded(this.#average())!,
      rttMaxMs: rounded(Math.max(...answered))!,
      jitterMs: rounded(this.#jitter()) ?? null,
      roundTripsMs: this.#roundTrips.map((ms) => (Number.isNaN(ms) ? null : rounded(ms)!)),
    };
  }
}

const notAllowed =
  'ping failed on our side: this process may open neither a ping socket nor a raw one, and there is no ping command: set sysctl net.ipv4.ping_group_range="0 2147483647", or give it CAP_NET_RAW';

function ownFault(reason: string): Failure {
  return failure("internal", `ping failed on our side: ${reason}`);
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 1_000) / 1_000;
}
