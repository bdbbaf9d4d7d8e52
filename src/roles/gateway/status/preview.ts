/** A page that is being written, as it would be shown: with the figures of its checks, and no script. */
import type { PublishedPage } from "#contracts/uptimeping/config/v1/config_pb";
import type { Call } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { boardOf } from "./board.ts";
import { createGatherer, type Gatherer, type Sources } from "./gather.ts";
import { pageHtml } from "./page_html.ts";

export type StatusPreview = (page: PublishedPage, call: Call) => Promise<string>;

/** Whoever writes asks at every pause in typing: what is slow to read is read once a minute. */
const mostTenants = 200;

export function createStatusPreview(sources: Sources, clock: Clock): StatusPreview {
  const gatherers = new Map<string, Gatherer>();
  return async (page, { tenantId }) => {
    const gatherer = gatherers.get(tenantId) ?? createGatherer(tenantId, sources, clock);
    if (gatherers.size >= mostTenants) gatherers.clear();
    gatherers.set(tenantId, gatherer);
    const board = boardOf(page, await gatherer.gather([page]), clock.now());
    return pageHtml(board, { base: `/status/${board.document.slug}`, publicUrl: "", stale: false, preview: true, nowMs: clock.now() });
  };
}
