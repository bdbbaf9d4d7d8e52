/** What every way of sending shares: a sender turns one message into one attempt and tells what came of it. */
import type { Clock } from "#kernel/clock";
import type { EventData } from "../event_data.ts";
import type { Gate } from "../egress_gate.ts";
import type { Texts } from "../templates/texts.ts";

export interface Message {
  /** `ntf_…`, the same over all attempts: what a receiver drops repeats by. */
  id: string;
  /** "incident.opened", "message", "test", … */
  type: string;
  /** When it happened. */
  atMs: number;
  data: EventData;
  /** Language of the channel; English without one. */
  locale?: string | undefined;
  /** What the tenant says in that language instead of the shipped texts. */
  texts?: Texts | undefined;
  /** Recipients that have it from an earlier attempt. */
  reached: readonly string[];
  /** Where one press ends the subscription, RFC 8058. */
  listUnsubscribe?: string | undefined;
  /** For a receiver that traces as well; "" without one. */
  traceparent?: string | undefined;
}

export interface SendTools {
  clock: Clock;
  gate: Gate;
  /** Aborts when the process stops. */
  signal: AbortSignal;
  /** For the whole attempt, whatever trickles in. */
  timeoutMs: number;
  /** Recent runs of a check, oldest first, for pictures. Never rejects; undefined when they cannot be had soon. */
  recentRuns?: ((checkId: string) => Promise<Run[] | undefined>) | undefined;
}

export interface Run {
  latencyMs: number;
  failed: boolean;
}

/** A failed attempt is a value: what the receiver said decides what is done next. */
export type Answer =
  | { ok: true; text: string; reached?: string[] }
  | { ok: false; text: string; next: "retry"; retryAfterMs?: number; reached?: string[] }
  | { ok: false; text: string; next: "give_up"; reason: FinalReason };

/** Why a message is dead without more attempts. `receiver_gone` also disables the channel. */
export type FinalReason = "refused_by_receiver" | "receiver_gone" | "refused_by_egress" | "bad_template" | "channel_disabled" | "channel_deleted" | "unsubscribed";

export type Sender<Settings> = (message: Message, settings: Settings, tools: SendTools) => Promise<Answer>;

/** Providers answer with whole pages; a person needs a line. */
export function shortened(text: string, max = 300): string {
  const line = text.replace(/[\s\u0000-\u001f\u007f]+/g, " ").trim();
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}
