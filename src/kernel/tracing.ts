/**
 * One trace from a request or a due slot to the message that it leads to. What travels, in calls, in messages and in stored events, is
 * the W3C `traceparent`: "" when nothing is traced, which is nearly always. Whether a trace is recorded is decided once, where
 * it begins; all others follow its flag, so that a trace is whole or is not there.
 *
 * Only `otlp.ts` records anything, and it is loaded where there is a collector. Without it a traceparent still passes through.
 */
import type { LogFields } from "./log.ts";

export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";

/** No secrets, no bodies, no URLs with what follows their path. */
export type Attributes = Record<string, string | number | boolean>;

export interface SpanStart {
  /** Internal unless said. */
  kind?: SpanKind;
  /** Epoch milliseconds; now unless said. */
  atMs?: number;
  attributes?: Attributes;
}

export interface SpanEnd {
  /** Why it failed; a site that is down is no failure of a span. */
  problem?: string;
  attributes?: Attributes;
  /** Epoch milliseconds; now unless said. */
  atMs?: number;
}

export interface Span {
  /** For what is below it; of one that records nothing, that of its parent. */
  readonly traceparent: string;
  /** Once. */
  end(end?: SpanEnd): void;
}

export interface Tracing {
  /** False where nothing is recorded: then nothing need be prepared for it. */
  readonly isOn: boolean;
  /** Records only below a parent that is sampled. */
  span(name: string, parent: string, start?: SpanStart): Span;
  /** Where a trace may begin: below a parent that is sampled, else one in so many. */
  root(name: string, parent: string, start?: SpanStart): Span;
}

const pattern = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** `00-<trace id>-<span id>-<flags>`, as a stranger may have written it; "" when it is not well-formed. */
export function readTraceparent(given: string | null): string {
  return given !== null && pattern.test(given) && !given.startsWith("ff") ? given : "";
}

export function isSampled(traceparent: string): boolean {
  return traceparent !== "" && (Number.parseInt(traceparent.slice(-1), 16) & 1) === 1;
}

/** What a message carries of a call: only what is recorded is worth its bytes. */
export function carried(traceparent: string): string {
  return isSampled(traceparent) ? traceparent : "";
}

/** "" of none. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

export function spanIdOf(traceparent: string): string {
  return traceparent.slice(36, 52);
}

/** So that log lines and the trace find each other. */
export function traceFields(traceparent: string): LogFields {
  return isSampled(traceparent) ? { traceId: traceIdOf(traceparent) } : {};
}

/** A span that records nothing. */
export function passThrough(traceparent: string): Span {
  return traceparent === "" ? nothing : { traceparent, end: () => {} };
}

const nothing: Span = { traceparent: "", end: () => {} };

export const untraced: Tracing = {
  isOn: false,
  span: (_name, parent) => passThrough(parent),
  root: (_name, parent) => passThrough(parent),
};

/** `work` as a span below `parent`, given what is below it; what it rejects with is its problem. */
export async function within<T>(tracing: Tracing, { name, parent, start }: { name: string; parent: string; start?: SpanStart }, work: (traceparent: string) => Promise<T>): Promise<T> {
  if (!tracing.isOn || !isSampled(parent)) return work(parent);
  const span = tracing.span(name, parent, start);
  try {
    const done = await work(span.traceparent);
    span.end();
    return done;
  } catch (error) {
    // The message may hold what must not leave the process.
    span.end({ problem: (error as { code?: string }).code ?? "internal" });
    throw error;
  }
}
