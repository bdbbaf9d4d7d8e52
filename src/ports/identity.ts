/**
 * Who exists, who belongs where, and what proves it. Owned by auth.
 * Of tokens and keys only SHA-256 hashes come here; passwords only as bcrypt hashes; other secrets only sealed.
 */
import type { MemberRole } from "#kernel/call";

export interface Tenant {
  id: string;
  name: string;
  createdAtMs: number;
}

export interface User {
  id: string;
  /** Lower case; unique over all tenants. */
  email: string;
  name: string;
  passwordHash: string;
  /** Grows when every session made before must end. */
  sessionVersion: number;
  /** Sealed; "" when the user never enrolled. */
  totpSecret: string;
  totpEnabled: boolean;
  createdAtMs: number;
}

export interface Member {
  user: User;
  role: MemberRole;
  addedAtMs: number;
}

export interface Session {
  id: string;
  tenantId: string;
  userId: string;
  /** The user's `sessionVersion` when the session was opened. */
  version: number;
  createdAtMs: number;
  /** The latest end; refreshing does not move it. */
  expiresAtMs: number;
  /** What the client said it is (User-Agent) and where it was, when the session was opened or refreshed last; "" when not known. */
  device: string;
  ip: string;
  lastUsedAtMs: number;
}

/** A session that still counts, with the role its user has in its tenant now. */
export interface LiveSession extends Session {
  role: MemberRole;
}

export interface ApiKey {
  id: string;
  tenantId: string;
  /** The user who made it; the key can never do more than this user still can. */
  createdBy: string;
  name: string;
  /** The public part that is shown and looked up; unique over all tenants. */
  prefix: string;
  hash: string;
  role: MemberRole;
  /** Empty: all that the role allows. */
  scopes: string[];
  createdAtMs: number;
  /** 0: never. */
  expiresAtMs: number;
  /** 0: never used. */
  lastUsedAtMs: number;
}

export interface SigningKey {
  kid: string;
  publicJwk: string;
  sealedPrivateJwk: string;
  createdAtMs: number;
}

export interface AccountStore {
  hasUsers(): Promise<boolean>;
  tenantCount(): Promise<number>;
  /** Its id; undefined while there is none. */
  oldestTenant(): Promise<string | undefined>;
  /**
   * Creates a user, a tenant and the membership as its owner, all or nothing. With `onlyFirst` it gives false, and
   * creates nothing, when any user exists. `already_exists` when the e-mail is taken.
   */
  createOwner(user: User, tenant: Tenant, onlyFirst: boolean): Promise<boolean>;
  createTenant(tenant: Tenant, ownerId: string): Promise<void>;
  byEmail(email: string): Promise<User | undefined>;
  byId(userId: string): Promise<User | undefined>;
  /** Oldest membership first. */
  tenantsOf(userId: string): Promise<{ tenant: Tenant; role: MemberRole }[]>;
  /**
   * Replaces the hash `from` by `to` and ends every session of the user. Gives the new session version, or undefined
   * when the hash was no longer `from`.
   */
  changePassword(change: { userId: string; from: string; to: string; nowMs: number }): Promise<number | undefined>;
  setTotp(userId: string, sealedSecret: string, enabled: boolean): Promise<void>;
  /** False when this step or a later one was spent before: a code works once. */
  spendTotpStep(userId: string, step: number): Promise<boolean>;
}

/** `conflict`: the member's role was not `from` any more, or the member is gone. */
export type MemberChange = "changed" | "last_owner" | "conflict";

export interface MemberStore {
  /** In the order in which they were added. */
  list(tenantId: string): Promise<Member[]>;
  find(tenantId: string, userId: string): Promise<Member | undefined>;
  /** Adds the user to the tenant, creating the user too when `isNew`. `already_exists` when a member or e-mail is there already. */
  add(member: { tenantId: string; user: User; role: MemberRole; addedAtMs: number; isNew: boolean }): Promise<void>;
  /** Also ends the member's sessions in this tenant. */
  changeRole(change: { tenantId: string; userId: string; from: MemberRole; to: MemberRole; nowMs: number }): Promise<MemberChange>;
  /** Also ends the member's sessions in this tenant and deletes the API keys the member made there. */
  remove(change: { tenantId: string; userId: string; from: MemberRole; nowMs: number }): Promise<MemberChange>;
}

/**
 * What became of a refresh token. `reused`: it was spent before, so somebody else has it, and the whole session has been ended.
 * `refused`: unknown, expired, or of a session that has ended.
 */
export type Rotation = { outcome: "rotated"; session: LiveSession } | { outcome: "reused"; session: Session } | { outcome: "refused" };

export interface SessionStore {
  open(session: Session, tokenHash: string): Promise<void>;
  /** Spends one refresh token and stores its child in one step: of two at the same time one is `reused`. */
  rotate(tokens: { spent: string; next: string; nowMs: number; device: string; ip: string }): Promise<Rotation>;
  /** Undefined when ended, expired, outdated by a session version, or when its user left the tenant. */
  live(sessionId: string, nowMs: number): Promise<LiveSession | undefined>;
  /** Those of the user that still count, in every tenant, the one that was used last first. */
  liveOf(userId: string, nowMs: number): Promise<LiveSession[]>;
  byToken(tokenHash: string): Promise<Session | undefined>;
  end(sessionId: string, nowMs: number): Promise<void>;
  endAllOf(tenantId: string, userId: string, nowMs: number): Promise<void>;
  /** Every one of the user, in every tenant, but `keptId`; gives how many. */
  endOthersOf(userId: string, keptId: string, nowMs: number): Promise<number>;
  /** Forgets sessions that expired before `nowMs`; gives how many. */
  dropExpired(nowMs: number): Promise<number>;
}

/** What opens the door once each when the second factor is lost. Only hashes come here. */
export interface RecoveryCodeStore {
  /** In the place of all that the user had. */
  replace(userId: string, hashes: readonly string[], nowMs: number): Promise<void>;
  /** False when the user has no such code, or it was spent before: of two at the same time one is true. */
  spend(userId: string, hash: string, nowMs: number): Promise<boolean>;
  /** How many are not spent. */
  left(userId: string): Promise<number>;
}

export interface KeyStore {
  add(key: ApiKey): Promise<void>;
  /** In the order in which they were made. */
  list(tenantId: string): Promise<ApiKey[]>;
  find(tenantId: string, id: string): Promise<ApiKey | undefined>;
  /** With the role its maker has now. Over all tenants: this is how a key tells which tenant it is of. */
  byPrefix(prefix: string): Promise<{ key: ApiKey; makerRole: MemberRole } | undefined>;
  /** False when the tenant has no such key. */
  revoke(tenantId: string, id: string): Promise<boolean>;
  /** Later uses only: never moves a time back. */
  touch(uses: { tenantId: string; id: string; atMs: number }[]): Promise<void>;
}

export interface SigningKeyStore {
  /** Newest first. */
  list(): Promise<SigningKey[]>;
  /** Stores the key only when there is none, so that processes that start together agree on one; false when there was one. */
  addFirst(key: SigningKey): Promise<boolean>;
}

export interface IdentityStore {
  accounts: AccountStore;
  members: MemberStore;
  sessions: SessionStore;
  recoveryCodes: RecoveryCodeStore;
  keys: KeyStore;
  signingKeys: SigningKeyStore;
}
