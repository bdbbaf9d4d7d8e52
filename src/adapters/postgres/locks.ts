/**
 * Locks for what a row cannot guard: a count that must stay below a limit, something that may be the first of its kind. They end with
 * the transaction. Taken by a statement of its own, so that the next one sees what the last holder committed.
 */
import type { Transaction } from "./connection.ts";

const kinds = { protoSets: 1, corrections: 2, spans: 3, firstUser: 4, firstSigningKey: 5 } as const;

export async function lockFor(tx: Transaction, kind: keyof typeof kinds, key = ""): Promise<void> {
  await tx.get("SELECT pg_advisory_xact_lock($1::integer, hashtext($2))", [kinds[kind], key]);
}
