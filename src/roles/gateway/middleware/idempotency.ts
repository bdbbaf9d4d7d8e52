/**
 * `Idempotency-Key` on POST: a client that did not see the answer sends the request again and gets the stored one.
 * Kept in the memory of this process for a day, per tenant and actor, within a bound. Only answers of work that was done
 * are kept: what was refused changed nothing and may be tried again.
 */
import { createHash } from "node:crypto";
import type { Call } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import { pathnameOf } from "../route_index.ts";

export interface Stored {
  status: number;
  headers: Record<string, string>;
  body: string | null;
}

export interface Idempotency {
  /** Runs `work` once for this key and gives what it answered. */
  once(request: Request, call: Call, body: unknown, work: () => Promise<Stored>): Promise<Stored>;
}

interface Entry {
  fingerprint: string;
  untilMs: number;
  stored: Stored | undefined;
}

const keptMs = 86_400_000;
const mostBytes = 32 * 1024 * 1024;
const mostEntries = 20_000;

export function createIdempotency(clock: Clock): Idempotency {
  const entries = new Map<string, Entry>();
  let bytes = 0;

  const forget = (id: string) => {
    bytes -= entries.get(id)?.stored?.body?.length ?? 0;
    entries.delete(id);
  };

  const makeRoom = () => {
    for (const [id, entry] of entries) {
      if (entries.size <= mostEntries && bytes <= mostBytes && entry.untilMs > clock.now()) return;
      // One that still runs holds its place: letting it go would let its twin run.
      if (entry.stored !== undefined) forget(id);
    }
  };

  return {
    async once(request, call, body, work) {
      const key = request.headers.get("idempotency-key");
      if (key === null) return work();
      if (key === "" || key.length > 255) throw new AppError("malformed", "the Idempotency-Key must have 1 to 255 characters");
      const id = [call.tenantId, call.actor.id, pathnameOf(request), key].join("\n");
      const fingerprint = createHash("sha256").update(JSON.stringify(body ?? null)).digest("base64");

      const known = entries.get(id);
      if (known !== undefined && known.untilMs > clock.now()) return replay(known, fingerprint);

      forget(id);
      const entry: Entry = { fingerprint, untilMs: clock.now() + keptMs, stored: undefined };
      entries.set(id, entry);
      try {
        entry.stored = await work();
        bytes += entry.stored.body?.length ?? 0;
        return entry.stored;
      } finally {
        if (entry.stored === undefined) entries.delete(id);
        makeRoom();
      }
    },
  };
}

function replay(known: Entry, fingerprint: string): Stored {
  if (known.fingerprint !== fingerprint) {
    throw new AppError("invalid_argument", "this Idempotency-Key was already used with another body: take a new key for a new request");
  }
  if (known.stored === undefined) {
    throw new AppError("failed_precondition", "a request with this Idempotency-Key is still being worked on: try again shortly", { retryAfterS: 1 });
  }
  return { ...known.stored, headers: { ...known.stored.headers, "idempotency-replayed": "true" } };
}
