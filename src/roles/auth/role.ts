import { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import { systemCall } from "#kernel/call";
import { AppError, messageOf } from "#kernel/errors";
import { defineRole } from "#ports/index";
import { serveAuth } from "./handlers.ts";
import { createAuthService } from "./service.ts";
import { authSettings } from "./settings.ts";

const flushEveryMs = 60_000;
const sweepEveryMs = 3_600_000;

export default defineRole({
  name: "auth",
  provides: AuthService,
  needs: {},
  uses: ["identity", "audit", "vault"],
  listens: [],
  settings: authSettings,
  leads: true,
  async start({ settings, ports, clock, ids, log, releases }) {
    const { adminEmail, adminPassword } = settings;
    if ((adminEmail === "") === adminPassword.isSet) {
      const [given, missing] = adminEmail === "" ? ["admin-password", "admin-email"] : ["admin-email", "admin-password"];
      throw new AppError("invalid_argument", `${given} is set and ${missing} is not: set both or neither`);
    }
    const service = await createAuthService({
      ...ports,
      clock,
      ids,
      accessTokenTtlMs: settings.accessTokenTtl,
      refreshTokenTtlMs: settings.refreshTokenTtl,
      registrationOpen: settings.registration === "open",
    });
    const createFirstOwner = async () => {
      if (adminEmail === "") return;
      const owner = { email: adminEmail, password: adminPassword.reveal(), name: "", tenantName: "" };
      await service.accounts.createFirstOwner(owner, systemCall("auth"));
      service.setup.spend();
    };
    // Hashing a password takes longer than starting all the other roles, so they do not wait for it; "ready" does.
    const firstOwner = createFirstOwner();
    firstOwner.catch(() => {});

    const quietly = (what: string, work: () => Promise<unknown>) => () => {
      work().catch((error: unknown) => log.warn(`${what} failed`, { reason: messageOf(error) }));
    };
    const flush = clock.every(flushEveryMs, quietly("writing the last use of API keys", () => service.apiKeys.flushUses()));
    releases.add("last use of API keys", () => {
      flush.cancel();
      return service.apiKeys.flushUses();
    });
    const sweep = clock.every(sweepEveryMs, quietly("forgetting expired sessions", () => service.sessions.dropExpired()));
    releases.add("expired sessions sweep", () => sweep.cancel());

    return {
      api: serveAuth(service),
      begin: () => firstOwner,
      announce: () => {
        const path = service.setup.path();
        return path === "" ? undefined : { text: "no user yet: open this once to create the first owner", path };
      },
    };
  },
});
