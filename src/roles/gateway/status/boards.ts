/**
 * The boards of all published pages, kept up in the background. A visitor is served from here and costs no other role anything; when
 * config, core or their database are away the boards stay as they are, and say of when they are.
 */
import type { PublishedPage } from "#contracts/uptimeping/config/v1/config_pb";
import { systemCall, withTimeout } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { Roles } from "../route.ts";
import { type Board, boardOf, type Component } from "./board.ts";
import { createGatherer, type Gatherer, type Sources } from "./gather.ts";
import { createRendered, type Rendered } from "./rendered.ts";

export interface Shown {
  board: Board;
  rendered: Rendered;
}

export interface Boards {
  bySlug(slug: string): Shown | undefined;
  byDomain(host: string): Shown | undefined;
  byId(pageId: string): Shown | undefined;
  /** Of a page that anybody may read. */
  component(checkId: string): { component: Component; board: Board } | undefined;
  hasDomains(): boolean;
  /** Whether the pages were ever read. */
  isRead(): boolean;
  /** Reads at once, after a change; resolves when it is shown. */
  refresh(): Promise<void>;
  begin(): void;
  stop(): void;
}

const refreshEveryMs = 3_000;
const pagesWithinMs = 10_000;
/** What is older says so. */
const staleAfterMs = 30_000;

export function createBoards({ sources, clock, log, publicUrl }: { sources: Sources & Pick<Roles, "config">; clock: Clock; log: Log; publicUrl: string }): Boards {
  let revision = "";
  let pages: readonly PublishedPage[] = [];
  let isRead = false;
  let running: Promise<void> | undefined;
  let again = false;
  let timer: { cancel(): void } | undefined;
  let wasLost = false;
  const ownHost = URL.parse(publicUrl)?.hostname;
  const gatherers = new Map<string, Gatherer>();
  const shown = new Map<string, Shown>();
  let slugs = new Map<string, Shown>();
  let domains = new Map<string, Shown>();
  let components = new Map<string, { component: Component; board: Board }>();

  const readPages = async () => {
    const answer = await sources.config.readPublishedPages({ revision }, withTimeout(systemCall("gateway"), clock, pagesWithinMs));
    if (!answer.unchanged) pages = answer.pages;
    ({ revision } = answer);
    isRead = true;
  };

  const readTenant = async (tenantId: string, of: readonly PublishedPage[]) => {
    const gatherer = gatherers.get(tenantId) ?? createGatherer(tenantId, sources, clock);
    gatherers.set(tenantId, gatherer);
    const figures = await gatherer.gather(of);
    for (const page of of) {
      const board = boardOf(page, figures, clock.now());
      const known = shown.get(board.pageId);
      shown.set(board.pageId, { board, rendered: known?.rendered.next(board, false) ?? createRendered(board, { publicUrl, clock, stale: false }) });
    }
  };

  const read = async () => {
    const failures: unknown[] = [];
    await readPages().catch((error: unknown) => failures.push(error));
    const byTenant = Map.groupBy(pages, ({ page }) => page!.tenantId);
    for (const id of gatherers.keys()) if (!byTenant.has(id)) gatherers.delete(id);
    await Promise.all([...byTenant].map(([tenantId, of]) => readTenant(tenantId, of).catch((error: unknown) => failures.push(error))));
    const published = new Set(pages.map(({ page }) => page!.id));
    for (const id of shown.keys()) if (!published.has(id)) shown.delete(id);
    markStale();
    index();
    note(failures);
  };

  const markStale = () => {
    for (const [id, { board, rendered }] of shown) {
      if (clock.now() - board.atMs > staleAfterMs) shown.set(id, { board, rendered: rendered.next(board, true) });
    }
  };

  const index = () => {
    const all = [...shown.values()];
    slugs = new Map(all.map((one) => [one.board.document.slug, one]));
    // Without knowing its own name, the gateway could not tell a page's host from the dashboard's, which no page may take over.
    const isTheirs = (domain: string) => domain !== "" && ownHost !== undefined && domain !== ownHost;
    domains = new Map(all.filter(({ board }) => isTheirs(board.document.domain)).map((one) => [one.board.document.domain, one]));
    const open = all.filter(({ board }) => board.passwordHash === "");
    components = new Map(open.flatMap(({ board }) => board.groups.flatMap((group) => group.components.map((component) => [component.id, { component, board }] as const))));
  };

  const note = (failures: readonly unknown[]) => {
    const isLost = failures.length > 0;
    if (isLost && !wasLost) log.warn("status pages are shown as they were: what they rest on cannot be read", { reason: messageOf(failures[0]) });
    if (!isLost && wasLost) log.info("status pages are up to date again");
    wasLost = isLost;
  };

  const refresh = (): Promise<void> => {
    if (running) {
      again = true;
      return running;
    }
    running = (async () => {
      do {
        again = false;
        await read();
      } while (again);
    })().finally(() => (running = undefined));
    return running;
  };

  return {
    bySlug: (slug) => slugs.get(slug),
    byDomain: (host) => domains.get(host),
    byId: (pageId) => shown.get(pageId),
    component: (checkId) => components.get(checkId),
    hasDomains: () => domains.size > 0,
    isRead: () => isRead,
    refresh,
    begin() {
      const go = () => void refresh().catch((error: unknown) => log.error("status pages could not be made", { error }));
      timer = clock.every(refreshEveryMs, go);
      go();
    },
    stop: () => timer?.cancel(),
  };
}
