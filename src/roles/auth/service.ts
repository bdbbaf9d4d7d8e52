/** Puts the parts of auth together. */
import type { Clock } from "#kernel/clock";
import type { Ids } from "#kernel/ids";
import type { AuditStore } from "#ports/audit";
import type { IdentityStore } from "#ports/identity";
import type { Vault } from "#ports/vault";
import { createAccessTokens } from "./access_tokens.ts";
import { type Accounts, createAccounts } from "./accounts.ts";
import { type ApiKeys, createApiKeys } from "./api_keys.ts";
import { createMembers, type Members } from "./members.ts";
import { createPasswords } from "./passwords.ts";
import { createRecoveryCodes } from "./recovery_codes.ts";
import { createSecondFactor, type SecondFactor } from "./second_factor.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import { createSetupToken, type SetupToken } from "./setup.ts";
import { openKeyRing } from "./signing_keys.ts";
import { createTrail, type Trail } from "./trail.ts";

export interface AuthServiceDeps {
  identity: IdentityStore;
  audit: AuditStore;
  vault: Vault;
  clock: Clock;
  ids: Ids;
  accessTokenTtlMs: number;
  refreshTokenTtlMs: number;
  registrationOpen: boolean;
}

export interface AuthService {
  identity: IdentityStore;
  accounts: Accounts;
  sessions: Sessions;
  secondFactor: SecondFactor;
  apiKeys: ApiKeys;
  members: Members;
  trail: Trail;
  setup: SetupToken;
  registrationOpen: boolean;
}

export async function createAuthService(deps: AuthServiceDeps): Promise<AuthService> {
  const { identity, vault, clock, ids, registrationOpen } = deps;
  const tokens = createAccessTokens(await openKeyRing(identity.signingKeys, vault, clock), clock);
  const passwords = createPasswords();
  const trail = createTrail(deps);
  const setup = createSetupToken(!(await identity.accounts.hasUsers()));
  const sessions = createSessions({ ...deps, tokens, trail });
  const secondFactor = createSecondFactor({ accounts: identity.accounts, recoveryCodes: createRecoveryCodes({ store: identity.recoveryCodes, clock }), vault, clock });
  const apiKeys = createApiKeys({ keys: identity.keys, trail, clock, ids });
  const forget = () => {
    sessions.forget();
    apiKeys.forget();
  };
  const members = createMembers({ identity, passwords, trail, clock, ids, forget });
  const accounts = createAccounts({ identity, passwords, sessions, secondFactor, setup, trail, clock, ids, registrationOpen });
  return { identity, accounts, sessions, secondFactor, apiKeys, members, trail, setup, registrationOpen };
}
