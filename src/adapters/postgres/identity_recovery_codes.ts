import type { RecoveryCodeStore } from "#ports/identity";
import type { PostgresStore } from "./connection.ts";

export function recoveryCodeStore(store: PostgresStore): RecoveryCodeStore {
  return {
    replace: (userId, hashes, nowMs) =>
      store.write(async (tx) => {
        await tx.run("DELETE FROM recovery_codes WHERE user_id = $userId", { userId });
        for (const hash of hashes) await tx.run("INSERT INTO recovery_codes (user_id, hash, created_at_ms) VALUES ($userId, $hash, $nowMs)", { userId, hash, nowMs });
      }),

    async spend(userId, hash, nowMs) {
      const spent = await store.run("UPDATE recovery_codes SET spent_at_ms = $nowMs WHERE user_id = $userId AND hash = $hash AND spent_at_ms IS NULL", { userId, hash, nowMs });
      return spent === 1;
    },

    left: async (userId) => (await store.get<{ n: number }>("SELECT count(*) AS n FROM recovery_codes WHERE user_id = $1 AND spent_at_ms IS NULL", [userId]))!.n,
  };
}
