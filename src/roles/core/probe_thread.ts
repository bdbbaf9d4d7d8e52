/** A thread that probes, here or lent by another process: what the pool needs of it. */
import type { NetworkView } from "./finished_run.ts";
import type { FromWorker, ToWorker } from "./probe_protocol.ts";

export interface ProbeThread {
  postMessage(message: ToWorker, transfer?: ArrayBuffer[]): void;
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  /** It is gone, and what was running on it with it. */
  addEventListener(type: "close", listener: () => void): void;
  /** What its process knows of its network, when that is another one. */
  readonly network?: NetworkView | undefined;
}

export function startProbeThread(): ProbeThread {
  return new Worker(workerUrl()) as unknown as ProbeThread;
}

/** In the compiled executable the worker is an entry point of its own, embedded under the path it has in the source tree. */
function workerUrl(): string | URL {
  return import.meta.url.includes("/$bunfs/") ? "./src/roles/core/probe_worker.js" : new URL("./probe_worker.ts", import.meta.url);
}
