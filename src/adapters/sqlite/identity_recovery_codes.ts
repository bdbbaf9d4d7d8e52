import type { RecoveryCodeStore } from "#ports/identity";
import type { SqliteStore } from "./connection.ts";

export function recoveryCodeStore(store: SqliteStore): RecoveryCodeStore {
  return {
    replace: (userId, hashes, nowMs) =>
      store.write((tx) => {
        tx.run("DELETE FROM recovery_codes WHERE user_id = $userId", { userId });
        for (const hash of hashes) tx.run("INSERT INTO recovery_codes (user_id, hash, created_at_ms) VALUES ($userId, $hash, $nowMs)", { userId, hash, nowMs });
      }),

    spend: (userId, hash, nowMs) =>
      store.write((tx) => tx.run("UPDATE recovery_codes SET spent_at_ms = $nowMs WHERE user_id = $userId AND hash = $hash AND spent_at_ms IS NULL", { userId, hash, nowMs }) === 1),

    left: async (userId) => store.get<{ n: number }>("SELECT count(*) AS n FROM recovery_codes WHERE user_id = ? AND spent_at_ms IS NULL", [userId])!.n,
  };
}
