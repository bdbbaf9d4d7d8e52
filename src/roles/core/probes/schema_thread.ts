/**
 * Schemas are read and compared on a thread of their own: a large one takes a tenth of a second, for which no other check
 * may wait. It is started when it is needed and ends when it was not for a while; a job that takes too long ends with it.
 */
import type { Clock, Timer } from "#kernel/clock";
import type { Failure } from "../net/failure.ts";
import type { Schema, SchemaChange } from "./graphql_schema.ts";

export type SchemaJob = { do: "read"; answer: string } | { do: "compare"; before: string; after: string };

export interface SchemaThread {
  read(answer: string): Promise<Schema | Failure>;
  compare(before: string, after: string): Promise<SchemaChange[]>;
}

const maxJobMs = 5_000;
const idleMs = 30_000;
/** More than this wait only where the machine cannot keep up. */
const maxWaiting = 100;

interface Waiting {
  job: SchemaJob;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export function createSchemaThread(clock: Clock): SchemaThread {
  const waiting: Waiting[] = [];
  let worker: Worker | undefined;
  let timer: Timer | undefined;
  let current: Waiting | undefined;

  const end = () => {
    worker?.terminate();
    worker = undefined;
  };
  const start = () => {
    // It must not keep a process alive that wants to end.
    const started = new Worker(workerUrl(), { ref: false });
    started.onmessage = ({ data }: MessageEvent<{ result?: unknown; problem?: string }>) => settle((job) => (data.problem === undefined ? job.resolve(data.result) : job.reject(new Error(data.problem))));
    started.onerror = (event) => {
      event.preventDefault();
      end();
      settle((job) => job.reject(new Error(event.message)));
    };
    return started;
  };
  const settle = (tell: (job: Waiting) => void) => {
    timer?.cancel();
    const job = current;
    current = undefined;
    if (job) tell(job);
    next();
  };
  const next = () => {
    if (current) return;
    current = waiting.shift();
    if (!current) {
      timer = clock.after(idleMs, end);
      return;
    }
    timer?.cancel();
    timer = clock.after(maxJobMs, () => {
      end();
      settle((job) => job.reject(new Error(`the schema took longer than ${maxJobMs} ms`)));
    });
    worker ??= start();
    worker.postMessage(current.job);
  };
  const run = (job: SchemaJob) =>
    new Promise<unknown>((resolve, reject) => {
      if (waiting.length >= maxWaiting) return reject(new Error("too many schemas wait to be read"));
      waiting.push({ job, resolve, reject });
      next();
    });

  return {
    read: (answer) => run({ do: "read", answer }) as Promise<Schema | Failure>,
    compare: (before, after) => run({ do: "compare", before, after }) as Promise<SchemaChange[]>,
  };
}

/** In the compiled executable the worker is an entry point of its own, embedded under the path it has in the source tree. */
function workerUrl(): string | URL {
  return import.meta.url.includes("/$bunfs/") ? "./src/roles/core/probes/schema_worker.js" : new URL("./schema_worker.ts", import.meta.url);
}
