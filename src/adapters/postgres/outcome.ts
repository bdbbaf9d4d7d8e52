/**
 * When the connection breaks while a transaction is being committed, nobody knows whether it was. Most of what is asked again does no harm;
 * for those whose memory must be that of the database, the server is asked what became of it, as soon as it answers.
 */
import { AppError } from "#kernel/errors";
import type { PostgresStore } from "./connection.ts";

/** Longer than the server keeps a transaction whose client is gone, and than a fail-over takes. */
const askedFor = 40;
const everyMs = 500;

/** The same store, whose `write` is `unavailable` only when nothing was written, or when the server stays away for long. */
export function decided(store: PostgresStore): PostgresStore {
  const isCommitted = async (xid: string): Promise<boolean> => {
    for (let asked = 0; asked < askedFor; asked++) {
      const found = await store.get<{ status: string | null }>("SELECT pg_xact_status($1::text::xid8) AS status", [xid]).catch(() => undefined);
      if (found && found.status !== "in progress") return found.status === "committed";
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
    return false;
  };

  return {
    ...store,
    async write(work) {
      const done: { xid?: string; value?: unknown } = {};
      try {
        return await store.write(async (tx) => {
          delete done.xid;
          const value = await work(tx);
          const { xid } = (await tx.get<{ xid: string | null }>("SELECT pg_current_xact_id_if_assigned()::text AS xid"))!;
          if (xid !== null) Object.assign(done, { xid, value });
          return value;
        });
      } catch (error) {
        const isUnclear = error instanceof AppError && error.code === "unavailable" && done.xid !== undefined;
        if (isUnclear && (await isCommitted(done.xid!))) return done.value as never;
        throw error;
      }
    },
  };
}
