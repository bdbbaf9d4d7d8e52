/**
 * News for subscribers of status pages: what is written there, and incidents that the pages show. Each subscriber's message is an event
 * of its own with an id that follows from the news, so that what is told again after a crash, or by another process, is told once.
 */
import type { JsonObject } from "@bufbuild/protobuf";
import type { ConfigService, PublishedPage, Untold } from "#contracts/uptimeping/config/v1/config_pb";
import type { IncidentEvent } from "#contracts/uptimeping/events/v1/events_pb";
import { systemCall, withTimeout } from "#kernel/call";
import { type Clock, iso, type Timer } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import type { Log } from "#kernel/log";
import type { Client } from "#kernel/rpc/contract";
import type { PageDocument } from "#ports/status_page_document";
import type { EventData } from "../event_data.ts";
import type { NotificationWork } from "../service.ts";
import { subscriberWords } from "./words.ts";

export interface SubscriberNews {
  /** Of an incident, after its own people are told. Never rejects: they must not wait for the public. */
  take(event: IncidentEvent): Promise<void>;
  begin(): void;
  stop(): void;
}

export interface NewsParts {
  config: Pick<Client<typeof ConfigService>, "readPublishedPages" | "listUntold" | "markTold" | "listSubscribers">;
  work: Pick<NotificationWork, "put">;
  publicUrl: string;
  clock: Clock;
  ids: Ids;
  log: Log;
}

interface News {
  /** The same whenever it is told again. */
  id: string;
  type: string;
  subject: string;
  text: string;
  status: JsonObject;
}

interface Receiver {
  id: string;
  kind: string;
  purpose: "confirm" | "news";
}

const lookEveryMs = 3_000;
const withinMs = 10_000;
const pageSize = 200;
const told = new Set(["incident.opened", "incident.reopened", "incident.resolved"]);

export function createSubscriberNews({ config, work, publicUrl, clock, ids, log }: NewsParts): SubscriberNews {
  let revision = "";
  let pages: readonly PublishedPage[] = [];
  let timer: Timer | undefined;
  let isLooking = false;
  const call = (tenantId = "") => withTimeout(systemCall("notification", tenantId), clock, withinMs);

  const published = async () => {
    const answer = await config.readPublishedPages({ revision }, call());
    if (!answer.unchanged) pages = answer.pages;
    ({ revision } = answer);
    return pages;
  };

  const tellOne = async (page: PublishedPage, news: News, { id, kind, purpose }: Receiver) => {
    const { id: pageId, tenantId } = page.page!;
    const { title, emailChannel, language } = documentOf(page);
    const payload: EventData = { message: { subject: news.subject, text: news.text }, status: news.status, subscriber: { pageId, id, purpose, emailChannel, language, base: baseOf(page, publicUrl) } };
    const now = clock.now();
    const event = { id: `${news.id}.${id}`, tenantId, type: news.type, atMs: now, incidentId: "", sequence: 0, payload: JSON.stringify(payload) };
    const draft = { id: ids.next("ntf"), channelId: id, channelName: title, channelType: kind as "email", state: "waiting", reason: "queued", because: "a subscriber of the status page", createdAtMs: now, nextAttemptAtMs: now } as const;
    await work.put(event, [draft]);
  };

  const tellAll = async (page: PublishedPage, news: News) => {
    for (let cursor = ""; ; ) {
      const { items, nextCursor } = await config.listSubscribers({ pageId: page.page!.id, limit: pageSize, cursor, confirmedOnly: true }, call(page.page!.tenantId));
      for (const { id, kind } of items) await tellOne(page, news, { id, kind, purpose: "news" });
      if (nextCursor === "") return;
      cursor = nextCursor;
    }
  };

  const tell = async (untold: Untold, all: readonly PublishedPage[]) => {
    const page = all.find((one) => one.page!.id === untold.pageId);
    // Taken down meanwhile: there is nothing left to hear of.
    if (page && baseOf(page, publicUrl) === "") log.warn("subscribers of a status page are told nothing, since nobody says where it is: set public-url, or give the page a domain", { page: untold.pageId });
    else if (page && untold.kind === "confirm") await tellOne(page, confirmation(untold, page, publicUrl), { id: textOf(untold.body, "subscriberId"), kind: textOf(untold.body, "via"), purpose: "confirm" });
    else if (page) await tellAll(page, noteNews(untold, page, publicUrl));
    await config.markTold({ id: untold.id }, call());
  };

  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    try {
      const { items } = await config.listUntold({}, call());
      const all = items.length === 0 ? pages : await published();
      for (const untold of items) await tell(untold, all);
    } catch (error) {
      log.debug("news for subscribers wait", { reason: messageOf(error) });
    } finally {
      isLooking = false;
    }
  };

  return {
    async take(event) {
      const { incident, type, tenantId, muted } = event;
      if (!incident || !told.has(type) || incident.suppressedBy !== "" || muted === "suppressed_by_dependency") return;
      try {
        for (const page of await published()) {
          const document = documentOf(page);
          const shows = page.page!.tenantId === tenantId && document.subscribe && document.showIncidents && page.components.some(({ checkId }) => checkId === incident.checkId);
          if (shows && baseOf(page, publicUrl) !== "") await tellAll(page, incidentNews(event, page, publicUrl));
        }
      } catch (error) {
        log.warn("subscribers of a status page were not told of an incident", { incident: incident.id, reason: messageOf(error) });
      }
    },
    begin() {
      timer = clock.every(lookEveryMs, () => void look());
    },
    stop: () => timer?.cancel(),
  };
}

function documentOf(page: PublishedPage): PageDocument {
  return page.page!.page as unknown as PageDocument;
}

function baseOf(page: PublishedPage, publicUrl: string): string {
  const { domain } = documentOf(page);
  return domain === "" ? publicUrl : `https://${domain}`;
}

function pageView(page: PublishedPage, publicUrl: string): JsonObject {
  const { title, slug, domain } = documentOf(page);
  return { title, url: domain === "" ? `${publicUrl}/status/${slug}` : `https://${domain}/` };
}

function textOf(body: JsonObject | undefined, name: string): string {
  const value = body?.[name];
  return typeof value === "string" ? value : "";
}

function confirmation(untold: Untold, page: PublishedPage, publicUrl: string): News {
  const { title, language } = documentOf(page);
  const words = subscriberWords(language);
  return { id: untold.id, type: "status.confirm", subject: `${words.confirmSubject}: ${title}`, text: words.confirmText, status: { page: pageView(page, publicUrl) } };
}

function noteNews({ id, body }: Untold, page: PublishedPage, publicUrl: string): News {
  const { title, language } = documentOf(page);
  const said = (name: string) => textOf(body, name);
  const words = subscriberWords(language);
  const times = said("startsAt") === "" ? "" : `\n\n${[said("startsAt"), said("endsAt")].filter(Boolean).join(" – ")}`;
  return { id, type: "status.note", subject: `[${title}] ${words.states[said("state")] ?? said("state")}: ${said("title")}`.slice(0, 200), text: `${said("text")}${times}`, status: { page: pageView(page, publicUrl), note: { ...body } } };
}

/** Of what failed only the name that the page shows: errors may name hosts. */
function incidentNews({ id, type, incident, atMs }: IncidentEvent, page: PublishedPage, publicUrl: string): News {
  const { title, language } = documentOf(page);
  const words = subscriberWords(language);
  const name = page.components.find(({ checkId }) => checkId === incident!.checkId)?.name ?? "";
  const isOver = type === "incident.resolved";
  const state = isOver ? "resolved" : "investigating";
  return { id, type: "status.incident", subject: `[${title}] ${words.states[state]}: ${name}`.slice(0, 200), text: isOver ? words.over : words.noticed, status: { page: pageView(page, publicUrl), incident: { component: name, state, startedAt: iso(incident!.startedAtMs), at: iso(atMs) } } };
}
