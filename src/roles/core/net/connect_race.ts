/**
 * Connects to the first of several addresses that answers (RFC 8305, 5): the next one is dialled when the ones before have
 * not answered for a while, or at once when one has failed, and those that were slower are cut. A dead address in front of
 * a living one so costs a quarter of a second instead of the whole timeout.
 */
import type { Clock, Timer } from "#kernel/clock";
import { dial, Line } from "./dial.ts";
import { authorityOf } from "./endpoint.ts";
import { connectFailure, type Failure } from "./failure.ts";

/** The delay that RFC 8305 recommends. */
const nextAfterMs = 250;
const maxAddresses = 4;

export interface Dialled {
  address: string;
  /** From its dial to its outcome. */
  ms: number;
  outcome: string;
}

export interface RaceOptions {
  /** More than one, the preferred first. */
  addresses: string[];
  port: number;
  clock: Clock;
  /** The connection stands on this line: take it over, or it is cut. */
  won(line: Line, address: string, tookMs: number): void;
  /** None could be connected to; the reason is that of the first address, unless one could not be tried for a fault of ours. */
  lost(reason: Failure): void;
}

export class ConnectRace {
  readonly #waiting: string[];
  readonly #candidates: Candidate[] = [];
  #open = 0;
  #timer: Timer | undefined = undefined;

  constructor(private readonly options: RaceOptions) {
    this.#waiting = alternating(options.addresses).slice(0, maxAddresses);
    this.#next();
  }

  /** Cuts whatever is still connecting; nothing is told any more. */
  stop(): void {
    this.#timer?.cancel();
    for (const candidate of this.#candidates) candidate.cut();
  }

  /** What was dialled so far, and what came of it. */
  dialled(): Dialled[] {
    return this.#candidates.map(({ address, tookMs, outcome }) => ({ address, ms: Math.round(tookMs * 100) / 100, outcome }));
  }

  #next(): void {
    this.#timer?.cancel();
    const address = this.#waiting.shift();
    if (address === undefined) return;
    this.#open++;
    const { port, clock } = this.options;
    const candidate = new Candidate(address, clock, (code) => this.#told(candidate, code));
    this.#candidates.push(candidate);
    dial(candidate, address, port);
    if (this.#waiting.length > 0) this.#timer = clock.after(nextAfterMs, () => this.#next());
  }

  #told(candidate: Candidate, code: string): void {
    const { port, won, lost } = this.options;
    if (code === "") {
      won(candidate, candidate.address, candidate.tookMs);
      return this.stop();
    }
    this.#open--;
    candidate.failure = connectFailure(code, authorityOf(candidate.address, port));
    if (this.#waiting.length > 0) this.#next();
    else if (this.#open === 0) {
      const reasons = this.#candidates.map((one) => one.failure!);
      lost(reasons.find(({ kind }) => kind === "internal") ?? reasons[0]!);
    }
  }
}

/** A connection request under way. */
class Candidate extends Line {
  tookMs = 0;
  failure: Failure | undefined = undefined;
  #state: "connecting" | "connected" | "failed" | "cut" = "connecting";
  readonly #startedAt: number;

  constructor(
    readonly address: string,
    private readonly clock: Clock,
    /** "" when it is connected. */
    private readonly tell: (code: string) => void,
  ) {
    super();
    this.#startedAt = clock.monotonic();
  }

  get outcome(): string {
    if (this.#state === "connected") return "connected";
    return this.failure ? this.failure.message.slice(this.failure.message.indexOf(" failed: ") + 9) : "no answer";
  }

  override connected(): void {
    this.#end("connected");
    this.tell("");
  }

  override unconnected(code: string): void {
    this.#end("failed");
    this.tell(code);
  }

  cut(): void {
    if (this.#state === "connecting") this.#end("cut");
    this.hangUp();
  }

  #end(state: "connected" | "failed" | "cut"): void {
    this.#state = state;
    this.tookMs = this.clock.monotonic() - this.#startedAt;
  }

  // It is handed over, or cut, in the moment in which it connects.
  override secured(): void {}
  override received(): void {}
  override closed(): void {}
}

/** The families in turn, so that a family that does not work here delays by one step only. */
export function alternating(addresses: string[]): string[] {
  const isFirst = (address: string) => address.includes(":") === addresses[0]!.includes(":");
  const first = addresses.filter(isFirst);
  const second = addresses.filter((address) => !isFirst(address));
  const longest = Math.max(first.length, second.length);
  return Array.from({ length: longest }, (_, at) => [first[at], second[at]]).flat().filter((address) => address !== undefined);
}
