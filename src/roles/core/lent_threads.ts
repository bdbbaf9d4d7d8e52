/**
 * Probe threads that other core processes lend to this one, which leads. A thread lasts as long as its stream of orders, and as
 * long as it is heard of; what it ran when it was lost runs again elsewhere.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { LendThreadRequest, ReportThreadRequest, ThreadMessageSchema, ThreadOrdersSchema } from "#contracts/uptimeping/core/v1/core_pb";
import type { Clock, Timer } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { NetworkView } from "./finished_run.ts";
import type { ProbePool } from "./probe_pool.ts";
import type { FromWorker, ToWorker } from "./probe_protocol.ts";
import type { ProbeThread } from "./probe_thread.ts";
import { packed, unpacked } from "./thread_messages.ts";

export interface LentThreads {
  lend(request: LendThreadRequest, signal: AbortSignal): AsyncGenerator<MessageInitShape<typeof ThreadOrdersSchema>>;
  /** Refuses with not_found when the thread was given up. */
  report(request: ReportThreadRequest): void;
}

/** Either side says something this often, and is given up when it has been silent for so long. */
export const signOfLifeEveryMs = 2_000;
export const silentAfterMs = 7_000;

const ofDeath = "it died of what it ran";

export function createLentThreads(pool: Pick<ProbePool, "attach">, { clock, log }: { clock: Clock; log: Log }): LentThreads {
  const threads = new Map<string, LentThread>();
  return {
    async *lend({ threadId, location, process }, signal) {
      if (threadId === "" || threads.has(threadId)) throw new AppError("invalid_argument", `the thread ${JSON.stringify(threadId)} is lent already, or has no name`);
      const thread = new LentThread(clock);
      threads.set(threadId, thread);
      pool.attach(thread, { location, process }, () => thread.why === ofDeath);
      log.info("a core process lends a probe thread", { location, process });
      signal.addEventListener("abort", () => thread.end(), { once: true });
      try {
        for (let orders = await thread.orders(); orders; orders = await thread.orders()) yield { messages: orders };
      } finally {
        threads.delete(threadId);
        thread.end();
        log.info("a lent probe thread is gone", { location, process, reason: thread.why });
      }
    },
    report({ threadId, messages, died, excusedBeforeMs, connectivity }) {
      const thread = threads.get(threadId);
      if (!thread) throw new AppError("not_found", "this thread is not lent any more: lend it anew");
      thread.network = { excusedBeforeMs, summary: () => connectivity };
      for (const message of messages) thread.heard(unpacked<FromWorker>(message));
      thread.heard(undefined);
      if (died) thread.end(ofDeath);
    },
  };
}

type Orders = MessageInitShape<typeof ThreadMessageSchema>[];

class LentThread implements ProbeThread {
  onmessage: ProbeThread["onmessage"] = null;
  onerror: ProbeThread["onerror"] = null;
  network: NetworkView | undefined = undefined;
  why = "";
  #waiting: Orders = [];
  #wake = () => {};
  #closed: (() => void)[] = [];
  #heardMs: number;
  #watch: Timer;

  constructor(private readonly clock: Clock) {
    this.#heardMs = clock.monotonic();
    this.#watch = clock.every(signOfLifeEveryMs, () => {
      if (clock.monotonic() - this.#heardMs > silentAfterMs) this.end("it was silent");
      this.#wake();
    });
  }

  postMessage(message: ToWorker): void {
    if (message.type === "stop") return this.end("this process stops");
    this.#waiting.push(packed(message));
    // All that is sent in one turn goes together.
    if (this.#waiting.length === 1) queueMicrotask(() => this.#wake());
  }

  addEventListener(_type: "close", listener: () => void): void {
    this.#closed.push(listener);
  }

  /** What is to be sent; nothing now and then, and undefined in the end. */
  async orders(): Promise<Orders | undefined> {
    if (this.#waiting.length === 0 && this.why === "") await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.why !== "") return undefined;
    const orders = this.#waiting;
    this.#waiting = [];
    return orders;
  }

  heard(message: FromWorker | undefined): void {
    this.#heardMs = this.clock.monotonic();
    if (message) this.onmessage?.({ data: message } as MessageEvent<FromWorker>);
  }

  end(why = "its process left"): void {
    if (this.why !== "") return;
    this.why = why;
    this.#watch.cancel();
    for (const listener of this.#closed) listener();
    this.#wake();
  }
}
