/**
 * `Idempotency-Key` on POST: a client that did not see the answer sends the request again and gets the stored one, also from another
 * gateway where they share a cache. Kept for a day, per tenant and actor. Only answers of work that was done are kept: what was refused
 * changed nothing and may be tried again.
 *
 * A request first leaves a mark that it is being worked on; of two at once only one can. Then the answer takes its place, or it
 * is taken away. The mark of a gateway that died in between ends with the time that a request may take.
 *
 * An answer may hold a secret, such as a new API key. Wherever it is kept, it is sealed with a key that follows from the
 * Idempotency-Key, which is kept nowhere.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import type { Call } from "#kernel/call";
import { AppError } from "#kernel/errors";
import type { Cache } from "#ports/cache";
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
  /** Absent while it is worked on. */
  stored?: Stored | undefined;
}

const keptMs = 86_400_000;
/** No call from role to role takes longer than a minute. */
const longestWorkMs = 75_000;
/** A longer answer is not kept: its client would rather ask for what it made. */
const mostLength = 1024 * 1024;

export function createIdempotency(cache: Cache): Idempotency {
  /** At work in this process, by name: the cache may forget, and then a twin would run. */
  const running = new Map<string, string>();

  return {
    async once(request, call, body, work) {
      const key = request.headers.get("idempotency-key");
      if (key === null) return work();
      if (key === "" || key.length > 255) throw new AppError("malformed", "the Idempotency-Key must have 1 to 255 characters");
      const box = boxOf([call.tenantId, call.actor.id, pathnameOf(request), key].join("\n"));
      const fingerprint = createHash("sha256").update(JSON.stringify(body ?? null)).digest("base64");

      const twin = running.get(box.name);
      if (twin !== undefined) return replay({ fingerprint: twin }, fingerprint);
      running.set(box.name, fingerprint);
      try {
        if (!(await cache.setIfAbsent(box.name, box.seal({ fingerprint }), longestWorkMs))) {
          // One that has gone in this moment was refused elsewhere: the next try finds nobody at work.
          return replay(box.open(await cache.get(box.name)) ?? { fingerprint }, fingerprint);
        }
        const stored = await work().catch(async (error) => {
          await cache.delete(box.name);
          throw error;
        });
        await (isTooLong(stored) ? cache.delete(box.name) : cache.set(box.name, box.seal({ fingerprint, stored }), keptMs));
        return stored;
      } finally {
        running.delete(box.name);
      }
    },
  };
}

function isTooLong({ body }: Stored): boolean {
  return (body?.length ?? 0) > mostLength;
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

const cipher = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** Where the answer to a request is kept, and how. From the name the key does not follow. */
function boxOf(id: string) {
  const derived = (purpose: string) => Buffer.from(hkdfSync("sha256", id, "", `uptimeping idempotency ${purpose}`, 32));
  const name = `idempotency:${derived("name").toString("base64url")}`;
  const key = derived("key");
  return {
    name,
    seal(entry: Entry): string {
      const nonce = randomBytes(nonceBytes);
      const sealing = createCipheriv(cipher, key, nonce);
      const text = Buffer.concat([sealing.update(JSON.stringify(entry), "utf8"), sealing.final()]);
      return Buffer.concat([nonce, text, sealing.getAuthTag()]).toString("base64");
    },
    /** Undefined when there is none, or none of ours. */
    open(sealed: string | undefined): Entry | undefined {
      if (sealed === undefined) return undefined;
      try {
        const bytes = Buffer.from(sealed, "base64");
        const opening = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes));
        opening.setAuthTag(bytes.subarray(-tagBytes));
        return JSON.parse(opening.update(bytes.subarray(nonceBytes, -tagBytes), undefined, "utf8") + opening.final("utf8")) as Entry;
      } catch {
        return undefined;
      }
    },
  };
}
