/** How the installation does, and how long it keeps what it knows. */
import type { Canary, PlatformCondition } from "#contracts/uptimeping/core/v1/core_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { version } from "../../../../package.json";
import { route } from "../route.ts";
import type { SystemReport } from "../system_state.ts";
import { isoOrNull, listOf, time, timeOrNull } from "../views/shared.ts";

const keptShape = z
  .strictObject({ setting: z.string(), variable: z.string(), what: z.string(), keptMs: z.number(), default: z.string(), allowed: z.string() })
  .meta({ id: "Kept" });

const canaryShape = z.strictObject({ name: z.string(), proven: z.boolean(), answers: z.boolean(), error: z.string() });
const forOperators = { description: "null for members of other tenants than the first, and while nobody can tell" };

const systemShape = z
  .strictObject({
    version: z.string(),
    startedAt: time.meta({ description: "when the gateway that answers was started" }),
    roles: z.array(z.strictObject({ name: z.string(), answers: z.boolean(), tookMs: z.number(), problem: z.string() })),
    queues: z.record(z.string(), z.number()).nullable().meta(forOperators),
    connectivity: z
      .strictObject({ known: z.boolean(), online: z.boolean(), checkedAt: timeOrNull, offlineSince: timeOrNull, canaries: z.array(canaryShape) })
      .nullable()
      .meta(forOperators),
    conditions: z
      .array(z.strictObject({ key: z.string(), title: z.string(), failing: z.boolean(), message: z.string(), severity: z.string(), since: timeOrNull }))
      .nullable()
      .meta(forOperators),
    operator: z.boolean().meta({ description: "whether the caller is of the tenant that runs the platform" }),
  })
  .meta({ id: "System" });

export const systemRoutes = [
  route({
    method: "GET",
    path: "/system",
    access: { role: "admin", scope: "system:read" },
    summary: "How the installation does: roles, queues, network, and what it says of itself",
    response: systemShape,
    handle: async ({ extended }, { systemState }) => systemView(await systemState(extended(10_000))),
  }),
  route({
    method: "GET",
    path: "/retention",
    access: { role: "viewer", scope: "system:read" },
    summary: "How long things are kept, by the settings of the gateway that answers",
    response: listOf(keptShape),
    handle: (_request, { retention }) => Promise.resolve({ items: [...retention] }),
  }),
];

function systemView({ startedAtMs, roles, queues, connectivity, conditions, isOperator }: SystemReport) {
  return {
    version,
    startedAt: iso(startedAtMs),
    roles,
    queues: queues ?? null,
    connectivity: connectivity
      ? {
          known: connectivity.known,
          online: connectivity.online,
          checkedAt: isoOrNull(connectivity.checkedAtMs),
          offlineSince: isoOrNull(connectivity.offlineSinceMs),
          canaries: connectivity.canaries.map(canaryView),
        }
      : null,
    conditions: conditions?.map(conditionView) ?? null,
    operator: isOperator,
  };
}

function canaryView({ name, proven, answers, error }: Canary) {
  return { name, proven, answers, error };
}

function conditionView({ key, title, failing, message, severity, sinceMs }: PlatformCondition) {
  return { key, title, failing, message, severity, since: isoOrNull(sinceMs) };
}
