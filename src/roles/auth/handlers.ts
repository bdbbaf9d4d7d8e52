import type { AuthService as AuthContract } from "#contracts/uptimeping/auth/v1/auth_pb";
import { requireRole, tenantOf } from "#kernel/call";
import { AppError } from "#kernel/errors";
import { pageOf, pageSize, strangeCursor } from "#kernel/page";
import type { Api } from "#kernel/rpc/contract";
import { whoIs } from "./accounts.ts";
import { auditMessage, keyMessage, memberMessage, ownSessionMessage, sessionMessage, tenantMessage, userMessage } from "./messages.ts";
import type { AuthService } from "./service.ts";
import type { Outcome } from "./trail.ts";

type AuthApi = Api<typeof AuthContract>;

export function serveAuth(service: AuthService): AuthApi {
  return { ...serveSigningIn(service), ...serveSessions(service), ...serveSecondFactor(service), ...serveKeys(service), ...serveMembers(service), ...serveAudit(service) };
}

function serveSigningIn({ accounts, sessions, apiKeys, registrationOpen }: AuthService) {
  return {
    getSetup: async () => ({ needed: await accounts.setupNeeded(), registrationOpen }),
    completeSetup: async (request, call) => sessionMessage(await accounts.completeSetup(request.token, request, call)),
    register: async (request, call) => sessionMessage(await accounts.register(request, call)),
    login: async (request, call) => sessionMessage(await accounts.login(request, call)),
    refresh: async (request, call) => sessionMessage(await sessions.refresh(request.refreshToken, request.device, call)),
    logout: async (request, call) => {
      await sessions.end(request.refreshToken, request.sessionId, call);
      return {};
    },
    validateToken: async (request) => {
      const session = await sessions.validate(request.accessToken);
      const { userId, tenantId, role, id, accessExpiresAtMs } = session;
      return { type: "user", id: userId, tenantId, role, sessionId: id, expiresAtMs: accessExpiresAtMs };
    },
    validateAPIKey: async (request) => {
      const { key, role } = await apiKeys.validate(request.key);
      return { type: "api_key", id: key.id, tenantId: key.tenantId, role, scopes: key.scopes, expiresAtMs: key.expiresAtMs };
    },
    getMe: async (_request, call) => {
      const { user, tenant, role } = await accounts.me(call);
      return { user: userMessage(user), tenant: tenantMessage(tenant), role };
    },
    changePassword: async (request, call) => sessionMessage(await accounts.changePassword(request, call)),
  } satisfies Partial<AuthApi>;
}

function serveSessions({ sessions }: AuthService) {
  return {
    listSessions: async (_request, call) => ({ items: (await sessions.own(call)).map(ownSessionMessage) }),
    endSessions: async (request, call) => {
      if (request.id === "") return { ended: await sessions.endOthers(request.keepId, call) };
      await sessions.endOwn(request.id, call);
      return { ended: 1 };
    },
  } satisfies Partial<AuthApi>;
}

function serveSecondFactor({ accounts, secondFactor, identity, trail }: AuthService) {
  return {
    enrolTotp: async (_request, call) => secondFactor.enrol((await whoIs(call, identity)).user),
    verifyTotp: async (request, call) => {
      const { user } = await whoIs(call, identity);
      const recoveryCodes = await trail.around(call, { action: "auth.totp_enable", subject: user.id }, () => secondFactor.enable(user, request.code));
      return { enabled: true, recoveryCodes };
    },
    disableTotp: async ({ code, password }, call) => {
      const event = { action: "auth.totp_disable" };
      const { user } = password === "" ? await whoIs(call, identity) : await accounts.requirePassword(password, event.action, call);
      await trail.around(call, { ...event, subject: user.id }, () => secondFactor.disable(user, password === "" ? code : undefined));
      return { enabled: false };
    },
    getSecondFactor: async (_request, call) => {
      const { user } = await whoIs(call, identity);
      return { enabled: user.totpEnabled, recoveryCodesLeft: await secondFactor.recoveryCodesLeft(user) };
    },
    renewRecoveryCodes: async (request, call) => {
      const event = { action: "auth.recovery_codes_renew" };
      const { user } = await accounts.requirePassword(request.password, event.action, call);
      return { recoveryCodes: await trail.around(call, { ...event, subject: user.id }, () => secondFactor.renewRecoveryCodes(user)) };
    },
  } satisfies Partial<AuthApi>;
}

function serveKeys({ apiKeys }: AuthService) {
  return {
    createAPIKey: async (request, call) => {
      const { key, text } = await apiKeys.create(request, call);
      return { apiKey: keyMessage(key), key: text };
    },
    listAPIKeys: async (_request, call) => {
      requireRole(call, "viewer");
      return { items: (await apiKeys.list(call)).map(keyMessage) };
    },
    revokeAPIKey: async (request, call) => {
      requireRole(call, "viewer");
      await apiKeys.revoke(request.id, call);
      return {};
    },
  } satisfies Partial<AuthApi>;
}

function serveMembers({ members, identity }: AuthService) {
  return {
    listMembers: async (_request, call) => {
      requireRole(call, "viewer");
      return { items: (await members.list(call)).map(memberMessage) };
    },
    addMember: async (request, call) => memberMessage(await members.add(request, call)),
    updateMember: async (request, call) => memberMessage(await members.changeRole(request.userId, request.role, call)),
    removeMember: async (request, call) => {
      await members.remove(request.userId, call);
      return {};
    },
    listTenants: async (_request, call) => ({ items: (await members.tenants(call)).map(tenantMessage) }),
    createTenant: async (request, call) => tenantMessage(await members.createTenant(request.name, call)),
    getTenancy: async () => ({ tenants: await identity.accounts.tenantCount(), operatorTenantId: (await identity.accounts.oldestTenant()) ?? "" }),
  } satisfies Partial<AuthApi>;
}

function serveAudit({ trail }: AuthService) {
  return {
    recordAudit: async (request, call) => {
      const { action, subject, outcome, detailJson } = request;
      await trail.recordJson(call, { action, subject, outcome: outcomeOf(outcome) }, detailJson);
      return {};
    },
    listAudit: async (request, call) => {
      requireRole(call, "admin");
      const size = pageSize(request.limit);
      const { cursor, actor, action, subject, fromMs, toMs } = request;
      const filter = { actor, action, subject, fromMs: Math.floor(fromMs), toMs: Math.floor(toMs) };
      const found = await trail.list(tenantOf(call), { beforeSeq: cursorSeq(cursor), limit: size + 1, filter });
      const { items, nextCursor } = pageOf(found, size, ({ seq }) => `a${seq}`);
      return { items: items.map(auditMessage), nextCursor };
    },
    verifyAudit: async (_request, call) => {
      requireRole(call, "admin");
      return trail.verify(tenantOf(call));
    },
  } satisfies Partial<AuthApi>;
}

function outcomeOf(text: string): Outcome {
  if (text === "ok" || text === "denied" || text === "failed") return text;
  throw new AppError("invalid_argument", `audit outcome ${JSON.stringify(text.slice(0, 60))}: use ok, denied or failed`);
}

function cursorSeq(cursor: string): number {
  if (cursor === "") return Number.MAX_SAFE_INTEGER;
  const seq = /^a(\d{1,15})$/.exec(cursor)?.[1];
  if (seq === undefined) throw strangeCursor(cursor);
  return Number(seq);
}
