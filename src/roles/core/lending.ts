/**
 * What a core process does while it does not lead: it lends its probe threads to the process that leads, wherever that is, and
 * lends them anew when that one is gone. Started away from home it never does anything else.
 */
import type { CoreService, ThreadOrders } from "#contracts/uptimeping/core/v1/core_pb";
import { systemCall, withSignal, withTimeout } from "#kernel/call";
import { sleep, type Clock } from "#kernel/clock";
import type { OperatorRules } from "#kernel/egress";
import { AppError, messageOf } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import type { Log } from "#kernel/log";
import type { StandingBy } from "#kernel/role";
import type { Client } from "#kernel/rpc/contract";
import type { Egress } from "#ports/egress";
import type { Connectivity } from "./connectivity/connectivity.ts";
import { signOfLifeEveryMs, silentAfterMs } from "./lent_threads.ts";
import type { FromWorker, ToWorker } from "./probe_protocol.ts";
import { startProbeThread, type ProbeThread } from "./probe_thread.ts";
import { packed, unpacked } from "./thread_messages.ts";

export interface LendingOptions {
  leader: Pick<Client<typeof CoreService>, "lendThread" | "reportThread">;
  location: string;
  threads: number;
  egress: Egress;
  /** Of the network here. */
  connectivity: Pick<Connectivity, "excusedBeforeMs" | "summary" | "begin" | "stop">;
  clock: Clock;
  ids: Ids;
  log: Log;
  startThread?: () => ProbeThread;
}

const againAfterMs = 500;
const reportWithinMs = 5_000;

export function lendThreads(options: LendingOptions): StandingBy {
  const { threads, connectivity, clock, log, ids } = options;
  const stopping = new AbortController();
  const process = ids.next("run");
  let lent = 0;
  let reason = "";

  const keepLending = async () => {
    while (!stopping.signal.aborted) {
      const loan = new Loan(options, process, stopping.signal);
      await loan.run(() => lent++).catch((error) => void (reason = messageOf(error)));
      if (loan.begun) lent--;
      else if (!stopping.signal.aborted) log.debug("the core that leads was not found", { reason });
      await sleep(clock, againAfterMs, stopping.signal).catch(() => {});
    }
  };
  connectivity.begin();
  const all = Array.from({ length: threads }, keepLending);

  return {
    remark: () => (lent > 0 ? `${lent} of ${threads} probe threads work for the core that leads` : `no core that leads is found${reason === "" ? "" : `: ${reason}`}`),
    async stop() {
      stopping.abort();
      connectivity.stop();
      await Promise.all(all);
    },
  };
}

/** One thread, lent once. */
class Loan {
  begun = false;
  readonly #id: string;
  readonly #over = new AbortController();
  readonly #thread: ProbeThread;
  #unsaid: FromWorker[] = [];
  #died = false;
  #heardMs: number;
  #wake = () => {};

  constructor(
    private readonly options: LendingOptions,
    private readonly process: string,
    private readonly stopping: AbortSignal,
  ) {
    const { ids, clock, startThread = startProbeThread } = options;
    this.#id = ids.next("run");
    this.#heardMs = clock.monotonic();
    this.#thread = startThread();
    this.#thread.onmessage = ({ data }) => this.#say(data);
    this.#thread.onerror = (event) => event.preventDefault();
    this.#thread.addEventListener("close", () => {
      this.#died = true;
      this.#wake();
    });
  }

  /** Resolves or rejects when it is over. */
  async run(onBegun: () => void): Promise<void> {
    const { leader, location, clock } = this.options;
    const signal = AbortSignal.any([this.stopping, this.#over.signal]);
    const watch = clock.every(signOfLifeEveryMs, () => {
      if (clock.monotonic() - this.#heardMs > silentAfterMs) this.#over.abort();
      this.#wake();
    });
    const reporting = this.#report(signal).finally(() => this.#over.abort());
    try {
      const orders = leader.lendThread({ threadId: this.#id, location, process: this.process }, withSignal(systemCall("core"), signal));
      for await (const some of orders) {
        if (!this.begun) onBegun();
        this.begun = true;
        this.#obey(some);
      }
    } finally {
      this.#over.abort();
      watch.cancel();
      this.#wake();
      await reporting.catch(() => {});
      this.#thread.postMessage({ type: "stop" });
    }
  }

  #obey({ messages }: ThreadOrders): void {
    this.#heardMs = this.options.clock.monotonic();
    for (const message of messages) {
      const order = unpacked<ToWorker>(message);
      this.#thread.postMessage(order.type === "rules" ? { ...order, rules: this.#localRules(order.rules) } : order);
    }
  }

  /** What may be reached from here is for the operator of this place to say; what nobody may reach, for both. */
  #localRules({ deny, own }: OperatorRules): OperatorRules {
    const local = this.options.egress.rules();
    return { ...local, deny: [...local.deny, ...deny], own: [...local.own, ...own] };
  }

  #say(message: FromWorker): void {
    if (message.type === "ready") return;
    this.#unsaid.push(message);
    this.#wake();
  }

  /** One report after the other, each with all that has come meanwhile. */
  async #report(signal: AbortSignal): Promise<void> {
    const { leader, clock, connectivity } = this.options;
    const call = () => withTimeout(withSignal(systemCall("core"), signal), clock, reportWithinMs);
    while (!signal.aborted) {
      if (!this.begun || (this.#unsaid.length === 0 && !this.#died)) await new Promise<void>((resolve) => (this.#wake = resolve));
      if (signal.aborted || !this.begun) continue;
      const messages = this.#unsaid.map(packed);
      const died = this.#died;
      try {
        await leader.reportThread({ threadId: this.#id, messages, died, excusedBeforeMs: connectivity.excusedBeforeMs, connectivity: connectivity.summary() }, call());
        this.#unsaid.splice(0, messages.length);
        if (died) return;
      } catch (error) {
        if (error instanceof AppError && error.code === "not_found") throw error;
        // Said again, which changes nothing when it was heard.
        await sleep(clock, againAfterMs, signal).catch(() => {});
      }
    }
  }
}
