/**
 * The near transport: the same interface and promises as gRPC, without the wire. Arguments are copied,
 * the deadline and the cancel work, and only AppError comes out.
 */
import { clone, create, type DescMessage, type DescMethod, type Message } from "@bufbuild/protobuf";
import { withSignal, type Call } from "../call.ts";
import type { Clock } from "../clock.ts";
import { AppError, toAppError } from "../errors.ts";
import type { Log } from "../log.ts";
import { traceFields } from "../tracing.ts";
import type { Api, Client, Contract } from "./contract.ts";

type Method = (request: Message, call: Call) => unknown;

export function localClient<C extends Contract>(contract: C, api: Api<C>, clock: Clock, log: Log): Client<C> {
  const client: Record<string, unknown> = {};
  for (const method of contract.methods) {
    const implementation = (api as Record<string, Method>)[method.localName]!.bind(api);
    const run = { method, implementation, clock, log };
    client[method.localName] =
      method.methodKind === "server_streaming"
        ? (request: object, call: Call) => stream(run, request, call)
        : (request: object, call: Call) => unary(run, request, call);
  }
  return client as Client<C>;
}

interface Run {
  method: DescMethod;
  implementation: Method;
  clock: Clock;
  log: Log;
}

async function unary(run: Run, request: object, call: Call): Promise<Message> {
  // Who gives up waiting tells the one who works; a call without an end has nobody who could.
  const gone = Number.isFinite(call.deadlineMs) ? new AbortController() : undefined;
  try {
    const work = () => run.implementation(copy(run.method.input, request), gone ? withSignal(call, gone.signal) : call) as Promise<object>;
    return copy(run.method.output, await bounded(work, call, run.clock));
  } catch (error) {
    gone?.abort();
    throw leaving(error, run, call);
  }
}

async function* stream(run: Run, request: object, call: Call): AsyncGenerator<Message> {
  const gone = new AbortController();
  let iterator: AsyncIterator<object> | undefined;
  try {
    iterator = (run.implementation(copy(run.method.input, request), withSignal(call, gone.signal)) as AsyncIterable<object>)[Symbol.asyncIterator]();
    while (!call.signal.aborted) {
      const next = await bounded(() => iterator!.next(), call, run.clock);
      if (next.done) return;
      yield copy(run.method.output, next.value);
    }
  } catch (error) {
    if (call.signal.aborted) return;
    throw leaving(error, run, call);
  } finally {
    gone.abort();
    // Not awaited: a generator that still waits for its next event only sees the end when that event comes.
    void iterator?.return?.().catch(() => {});
  }
}

/** Copies, so that neither side can change what the other holds. */
function copy(schema: DescMessage, value: object): Message {
  return clone(schema, create(schema, value as never));
}

/** Work that nobody would wait for is not begun. */
async function bounded<T>(begin: () => Promise<T>, call: Call, clock: Clock): Promise<T> {
  if (call.signal.aborted) throw new AppError("cancelled", "the caller went away");
  const leftMs = call.deadlineMs - clock.now();
  if (leftMs <= 0) throw new AppError("deadline_exceeded", "no time was left for this call");
  const work = begin();
  return new Promise((resolve, reject) => {
    const onAbort = () => settle(() => reject(new AppError("cancelled", "the caller went away")));
    const timer = Number.isFinite(leftMs)
      ? clock.after(leftMs, () => settle(() => reject(new AppError("deadline_exceeded", `no answer within ${Math.round(leftMs)} ms`))))
      : undefined;
    const settle = (then: () => void) => {
      timer?.cancel();
      call.signal.removeEventListener("abort", onAbort);
      then();
    };
    call.signal.addEventListener("abort", onAbort, { once: true });
    work.then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    );
  });
}

function leaving(error: unknown, run: Run, call: Call): AppError {
  const known = toAppError(error);
  if (known.code === "internal") run.log.error("call failed", { method: run.method.name, ...traceFields(call.traceparent), error: known.cause ?? known });
  return known;
}
