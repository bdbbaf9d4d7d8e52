import type { JsonObject } from "@bufbuild/protobuf";
import type { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { type Call, requireRole, tenantOf } from "#kernel/call";
import { AppError } from "#kernel/errors";
import type { Api } from "#kernel/rpc/contract";
import type { StatusPageStore } from "#ports/status_pages";
import type { StatusNotes } from "./notes.ts";
import type { StatusPages } from "./pages.ts";
import type { Published } from "./published.ts";
import type { Subscribers } from "./subscribers.ts";

type OfPages = "createStatusPage" | "getStatusPage" | "updateStatusPage" | "deleteStatusPage" | "listStatusPages" | "previewStatusPage" | "readPublishedPages";
type OfNotes = "createStatusNote" | "getStatusNote" | "updateStatusNote" | "deleteStatusNote" | "listStatusNotes";
type OfSubscribers = "subscribeToPage" | "readSubscriptionLink" | "followSubscriptionLink" | "listSubscribers" | "getSubscriber" | "deleteSubscriber" | "listUntold" | "markTold";

export type StatusApi = Pick<Api<typeof ConfigService>, OfPages | OfNotes | OfSubscribers>;

export interface StatusServices {
  pages: StatusPages;
  notes: StatusNotes;
  published: Published;
  subscribers: Subscribers;
  store: StatusPageStore;
}

export function serveStatusPages(services: StatusServices): StatusApi {
  return { ...pageApi(services), ...noteApi(services), ...subscriberApi(services) };
}

function pageApi({ pages, published }: StatusServices): Pick<StatusApi, OfPages> {
  return {
    async createStatusPage({ page }, call) {
      requireRole(call, "editor");
      return pages.create(tenantOf(call), page ?? {});
    },
    async getStatusPage({ id }, call) {
      requireRole(call, "viewer");
      return pages.get(tenantOf(call), id);
    },
    async updateStatusPage({ id, patch, version }, call) {
      requireRole(call, "editor");
      return pages.update(tenantOf(call), id, { patch: patch ?? {}, version });
    },
    async deleteStatusPage({ id }, call) {
      requireRole(call, "editor");
      await pages.remove(tenantOf(call), id);
      return {};
    },
    async listStatusPages({ limit, cursor }, call) {
      requireRole(call, "viewer");
      return pages.list(tenantOf(call), limit, cursor);
    },
    async previewStatusPage({ page, id }, call) {
      requireRole(call, "viewer");
      const document = await pages.draft(tenantOf(call), page ?? {}, id);
      return published.preview(tenantOf(call), document, id);
    },
    async readPublishedPages({ revision }, call) {
      onlyRoles(call);
      return published.read(revision);
    },
  };
}

function noteApi({ notes }: StatusServices): Pick<StatusApi, OfNotes> {
  return {
    async createStatusNote({ pageId, note }, call) {
      requireRole(call, "editor");
      return notes.create(tenantOf(call), pageId, note ?? {});
    },
    async getStatusNote({ pageId, id }, call) {
      requireRole(call, "viewer");
      return notes.get(tenantOf(call), pageId, id);
    },
    async updateStatusNote({ pageId, id, patch, version }, call) {
      requireRole(call, "editor");
      return notes.update(tenantOf(call), { pageId, id }, { patch: patch ?? {}, version });
    },
    async deleteStatusNote({ pageId, id }, call) {
      requireRole(call, "editor");
      await notes.remove(tenantOf(call), pageId, id);
      return {};
    },
    async listStatusNotes({ pageId, limit, cursor }, call) {
      requireRole(call, "viewer");
      return notes.list(tenantOf(call), pageId, limit, cursor);
    },
  };
}

const toldAtOnce = 100;

function subscriberApi({ subscribers, store }: StatusServices): Pick<StatusApi, OfSubscribers> {
  return {
    async subscribeToPage(asked, call) {
      onlyRoles(call);
      await subscribers.subscribe(tenantOf(call), asked);
      return {};
    },
    readSubscriptionLink: ({ token }) => subscribers.link(token, false),
    followSubscriptionLink: ({ token }) => subscribers.link(token, true),
    async listSubscribers(asked, call) {
      requireRole(call, "editor");
      return subscribers.list(tenantOf(call), asked, call.actor.type === "system");
    },
    async getSubscriber({ pageId, id }, call) {
      onlyRoles(call);
      return subscribers.get(tenantOf(call), pageId, id);
    },
    async deleteSubscriber({ pageId, id }, call) {
      requireRole(call, "editor");
      await subscribers.remove(tenantOf(call), pageId, id);
      return {};
    },
    async listUntold(_request, call) {
      onlyRoles(call);
      const rows = await store.untold(toldAtOnce);
      const items = rows.map(({ id, tenantId, pageId, body }) => {
        const { kind, ...said } = JSON.parse(body) as JsonObject & { kind: string };
        return { id, tenantId, pageId, kind, body: said };
      });
      return { items };
    },
    async markTold({ id }, call) {
      onlyRoles(call);
      await store.told(id);
      return {};
    },
  };
}

function onlyRoles(call: Call): void {
  if (call.actor.type !== "system") throw new AppError("forbidden", "what is of all tenants is for roles alone");
}
