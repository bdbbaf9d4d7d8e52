/** Users, tenants, members, sessions and keys in SQLite: one file of statements for each. */
import type { IdentityStore, SigningKey, SigningKeyStore } from "#ports/identity";
import { listSigningKeys } from "#ports/rows/identity";
import type { SqliteStore } from "./connection.ts";
import { accountStore } from "./identity_accounts.ts";
import { keyStore } from "./identity_keys.ts";
import { memberStore } from "./identity_members.ts";
import { recoveryCodeStore } from "./identity_recovery_codes.ts";
import { sessionStore } from "./identity_sessions.ts";

export function createSqliteIdentityStore(store: SqliteStore): IdentityStore {
  return {
    accounts: accountStore(store),
    members: memberStore(store),
    sessions: sessionStore(store),
    recoveryCodes: recoveryCodeStore(store),
    keys: keyStore(store),
    signingKeys: signingKeyStore(store),
  };
}

function signingKeyStore(store: SqliteStore): SigningKeyStore {
  return {
    list: async () => store.all<SigningKey>(listSigningKeys),

    addFirst: (key) =>
      store.write((tx) => {
        const added = tx.run(
          `INSERT INTO signing_keys (kid, public_jwk, sealed_private_jwk, created_at_ms)
           SELECT $kid, $publicJwk, $sealedPrivateJwk, $createdAtMs WHERE NOT EXISTS (SELECT 1 FROM signing_keys)`,
          { ...key },
        );
        return added === 1;
      }),
  };
}
