/** The auth role on a real SQLite file, with a clock of the test's. */
import { AuthService, type Session } from "#contracts/uptimeping/auth/v1/auth_pb";
import { type Call, type MemberRole, systemCall } from "#kernel/call";
import { createIds } from "#kernel/ids";
import { createReleases } from "#kernel/lifecycle";
import { silentLog } from "#kernel/log";
import type { Client } from "#kernel/rpc/contract";
import { localClient } from "#kernel/rpc/local";
import { Secret } from "#kernel/settings";
import { createTelemetry } from "#kernel/telemetry";
import { createVault } from "../adapters/in_process/vault.ts";
import { createSqliteAuditStore } from "../adapters/sqlite/audit.ts";
import type { SqliteStore } from "../adapters/sqlite/connection.ts";
import { createSqliteIdentityStore } from "../adapters/sqlite/identity.ts";
import role from "../roles/auth/role.ts";
import { createFakeClock, type FakeClock } from "./fake_clock.ts";
import { contentsOf, openTempStore } from "./temp_store.ts";

export interface AuthRoleUnderTest {
  auth: Client<typeof AuthService>;
  clock: FakeClock;
  /** The token in the announced set-up link, "" when none is announced. */
  setupToken: () => string;
  stop: () => Promise<void>;
}

export interface AuthSurroundings {
  clock?: FakeClock;
  adminEmail?: string;
  adminPassword?: string;
  registration?: "closed" | "open";
}

export const nobody: Call = { ...systemCall("test"), actor: { type: "anonymous", id: "", role: "none", ip: "192.0.2.1" }, requestId: "req_1" };
const masterKey = new Uint8Array(32).fill(7);

export async function startAuthRole(store: SqliteStore, around: AuthSurroundings = {}): Promise<AuthRoleUnderTest> {
  const { clock = createFakeClock(), adminEmail = "", adminPassword = "", registration = "closed" } = around;
  const releases = createReleases(silentLog);
  const started = await role.start({
    settings: { adminEmail, adminPassword: new Secret(adminPassword), registration, accessTokenTtl: 600_000, refreshTokenTtl: 30 * 86_400_000 },
    needs: {},
    ports: { identity: createSqliteIdentityStore(store), audit: createSqliteAuditStore(store), vault: createVault(masterKey) },
    clock,
    ids: createIds(() => clock.now()),
    log: silentLog,
    telemetry: createTelemetry(),
    releases,
  } as never);
  await started.begin?.();
  return {
    auth: localClient(AuthService, started.api as never, clock, silentLog),
    clock,
    setupToken: () => started.announce?.()?.path.split("token=")[1] ?? "",
    stop: () => releases.releaseAll(),
  };
}

export const owner = { email: "ann@example.org", password: "a long enough phrase" };

export interface SignedIn extends AuthRoleUnderTest, AsyncDisposable {
  store: SqliteStore;
  session: Session;
  /** As the owner. */
  ann: Call;
}

let firstSignIn: Promise<{ contents: Uint8Array; session: Session }> | undefined;

/**
 * The role in which `owner` has just signed in. That was done once, and every test goes on from a copy, since each password costs
 * a tenth of a second of work.
 */
export async function startSignedIn(around: AuthSurroundings = {}): Promise<SignedIn> {
  const { contents, session } = await (firstSignIn ??= signInFirst());
  const temp = await openTempStore(contents);
  const role = await startAuthRole(temp.store, around);
  return { ...role, store: temp.store, session, ann: callOf(session), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
}

async function signInFirst(): Promise<{ contents: Uint8Array; session: Session }> {
  const temp = await openTempStore();
  const { auth, stop } = await startAuthRole(temp.store, { adminEmail: owner.email, adminPassword: owner.password });
  const session = await auth.login(owner, nobody);
  await stop();
  return { contents: await contentsOf(temp), session };
}

/** The call that the gateway makes for somebody who is signed in. */
export function callOf(session: Session): Call {
  return { ...nobody, tenantId: session.tenant!.id, actor: { type: "user", id: session.user!.id, role: session.role as MemberRole, ip: "192.0.2.1" } };
}
