/**
 * The ledger: one row for each message to one channel about one event, kept from the moment it is due until its retention ends.
 *
 *   waiting → sending → sent                       delivered
 *      ↑         ├────→ waiting                    failed, comes again at `nextAttemptAtMs`
 *      │         └────→ dead                       refused for good, or tried too often
 *      └──────────────── dead                      a person asks for it again
 *   skipped                                        decided at the start: nobody is told, and why
 *
 * A row is `sending` under a lease. A process that dies leaves the lease behind, and the row is sent again: at least once.
 *
 * Messages of one incident to one channel form a *line*. Only the first unfinished row of a line (lowest sequence) may be
 * claimed; those behind it have no `nextAttemptAtMs` and get one when it ends as sent, dead or skipped. An event that arrives
 * after a later one of its line went out is `overtaken`: it is recorded and not told, since what it says is no longer so.
 *
 * Rows with the same group key wait for each other and go as one message. The first that is due leads; the others of its group, and
 * the rows behind any of them in their lines, are members: `groupedInto` names the leader, they are never claimed themselves and
 * end as it ends. Which rows a message carries is settled with the first claim, so that every attempt says the same under one id.
 */
import type { ChannelType } from "./channels.ts";

export type NotificationState = "waiting" | "sending" | "sent" | "dead" | "skipped";

export interface DeliveryAttempt {
  atMs: number;
  durationMs: number;
  ok: boolean;
  /** What the receiver answered, short, or why nothing was sent. */
  answer: string;
}

/** What happened, once for all its rows. */
export interface LedgerEvent {
  /** `evt_…` */
  id: string;
  tenantId: string;
  /** "incident.opened", "message", … */
  type: string;
  atMs: number;
  /** "" when it is about no incident. */
  incidentId: string;
  /** Order within the incident, from 1. */
  sequence: number;
  /** What the message says, as JSON, without secrets. */
  payload: string;
}

export interface LedgerRow {
  /** `ntf_…` */
  id: string;
  tenantId: string;
  eventId: string;
  eventType: string;
  incidentId: string;
  sequence: number;
  /** "" in a row that says that there was no channel. */
  channelId: string;
  channelName: string;
  channelType: ChannelType | "";
  state: NotificationState;
  /** Why it is in this state. */
  reason: string;
  createdAtMs: number;
  /** 0 when nothing is planned: finished, or behind an earlier row of its line. */
  nextAttemptAtMs: number;
  /** 0 until sent. */
  sentAtMs: number;
  lastError: string;
  /** Attempts since it was created or last revived; the retry schedule counts these. */
  tries: number;
  /** All attempts, oldest first; at most the last 50. */
  attempts: DeliveryAttempt[];
  /** Recipients that have it already, for channels that send to each on its own. */
  reached: string[];
  /** Grows with every claim: a fencing token. */
  lease: number;
  /** "" for one that goes alone. */
  groupKey: string;
  /** The row whose message carries this one; "" for none. */
  groupedInto: string;
  /** The channel for which this one stands in; "" for none. */
  fallbackFor: string;
  /** Why, for people. */
  because: string;
}

/** How long the rows of a group wait for each other. */
export interface Grouping {
  key: string;
  /** Of the first row: until the message goes out. */
  waitMs: number;
  /** At least so long lies between two messages of one group. */
  intervalMs: number;
}

/** A row to be: what the pipeline decided. */
export interface LedgerDraft extends Pick<LedgerRow, "id" | "channelId" | "channelName" | "channelType" | "state" | "reason" | "createdAtMs" | "nextAttemptAtMs"> {
  because?: string;
  fallbackFor?: string;
  grouping?: Grouping;
  /** So long it waits for the event before its own where that has not been stored yet. */
  holdMs?: number;
  /** So many messages a minute go through the channel; what is more is held and goes as one. */
  mostPerMinute?: number;
}

/** A row under a lease, with what is to be said. */
export interface Claimed {
  row: LedgerRow;
  event: LedgerEvent;
  /** What else the message carries, oldest first. */
  members: { row: LedgerRow; event: LedgerEvent }[];
}

export interface ClaimTerms {
  nowMs: number;
  /** Until when nobody else may claim the row. */
  leaseUntilMs: number;
  limit: number;
  /** Tenants that have their share already: none of their rows. */
  exceptTenants: readonly string[];
}

/** How an attempt ended. */
export interface Settlement {
  state: "waiting" | "sent" | "dead";
  reason: string;
  nextAttemptAtMs: number;
  sentAtMs: number;
  lastError: string;
  attempt: DeliveryAttempt;
  reached: string[];
  nowMs: number;
}

export interface LedgerFilter {
  /** "" for all, here and below. */
  incidentId: string;
  /** A state, or "held" for rows that wait for others or for their channel's limit. */
  state: string;
  channelId: string;
  eventType: string;
  /** Made in this range; 0 for no limit. */
  fromMs: number;
  toMs: number;
  limit: number;
  /** Id of the last row of the page before; "" for the first page. Newest first. */
  cursor: string;
}

export interface LedgerStore {
  /**
   * Stores an event and its rows in one transaction, and claims those that are due. A second time with the same
   * (event, channel) changes nothing and gives nothing: `added` holds only the rows that are new.
   */
  append(event: LedgerEvent, drafts: LedgerDraft[], claim: ClaimTerms): Promise<{ added: LedgerRow[]; claimed: Claimed[] }>;
  /** Whether the event of the incident with this sequence has been stored. */
  hasSequence(tenantId: string, incidentId: string, sequence: number): Promise<boolean>;
  /** Takes rows that are due, oldest due time first, each at the head of its line, and those whose lease ran out. */
  claim(terms: ClaimTerms): Promise<Claimed[]>;
  /** Ends an attempt; undefined when the lease is no longer the row's: somebody else has it. */
  settle(row: LedgerRow, settlement: Settlement): Promise<LedgerRow | undefined>;
  /**
   * Called once at start, before the first claim: gives back the rows that a process that is gone was sending. Where one
   * process owns the store that is every lease; elsewhere those that ran out. Gives how many.
   */
  recover(nowMs: number): Promise<number>;
  /** Channels that were told before this event that the incident goes on, or will be, and not since that it has ended. */
  told(tenantId: string, incidentId: string, beforeSequence: number): Promise<string[]>;
  /** The wall clock was set: whatever waits, leases too, waits as long as before. Takes effect before whatever is asked for later. */
  shift(byMs: number): Promise<void>;
  /** When the next row is due or the next lease runs out, but for these tenants; undefined when nothing waits. */
  nextDueAtMs(exceptTenants: readonly string[]): Promise<number | undefined>;
  /**
   * Makes a waiting or dead row due now with its schedule from the start; undefined when there is none in such a state, or when
   * it was overtaken. Of a member the leader is meant, and its members come along.
   */
  revive(tenantId: string, id: string, nowMs: number): Promise<LedgerRow | undefined>;
  find(tenantId: string, id: string): Promise<LedgerRow | undefined>;
  list(tenantId: string, filter: LedgerFilter): Promise<LedgerRow[]>;
  /** Removes at most `limit` finished rows created before, of one tenant or of all, and events nobody refers to. Gives how many rows. */
  prune(beforeMs: number, limit: number, tenantId?: string): Promise<number>;
}
