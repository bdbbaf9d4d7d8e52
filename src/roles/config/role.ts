/** Keeps the checks and the status pages of every tenant, and tells the roles that run and show them what changed. */
import { randomBytes } from "node:crypto";
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { messageOf } from "#kernel/errors";
import { defineRole } from "#ports/index";
import { createChecks } from "./service.ts";
import { serveChecks } from "./handlers.ts";
import { configSettings } from "./settings.ts";
import { serveStatusPages } from "./status/handlers.ts";
import { createStatusNotes } from "./status/notes.ts";
import { createStatusPages } from "./status/pages.ts";
import { createPublished } from "./status/published.ts";
import { createSubscribers } from "./status/subscribers.ts";

const pruneEveryMs = 3_600_000;

export default defineRole({
  name: "config",
  provides: ConfigService,
  needs: {},
  uses: ["checks", "vault", "statusPages", "statusSubscribers"],
  listens: [],
  settings: configSettings,
  leads: true,
  async start(context) {
    const { ports, clock, ids, log, releases } = context;
    const published = createPublished({ pages: ports.statusPages, checks: ports.checks, life: randomBytes(8).toString("hex") });
    const parts = { pages: ports.statusPages, subscribers: ports.statusSubscribers, checks: ports.checks, vault: ports.vault, clock, ids, changed: published.changed };
    const subscribers = createSubscribers(parts);
    const pruning = clock.every(pruneEveryMs, () => {
      subscribers.prune().catch((error) => log.warn("subscribers who never confirmed could not be removed", { reason: messageOf(error) }));
    });
    releases.add("retention of unconfirmed subscribers", () => pruning.cancel());
    const status = serveStatusPages({ pages: createStatusPages(parts), notes: createStatusNotes(parts), published, subscribers, store: ports.statusPages });
    return { api: { ...serveChecks(createChecks(context, published.changed)), ...status } };
  },
});
