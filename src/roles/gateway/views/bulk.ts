import { z } from "zod";

const mostIds = 1_000;
const ids = z.array(z.string().min(1).max(100)).min(1).max(mostIds);

export const bulkInput = z
  .discriminatedUnion("action", [
    z.strictObject({ ids, action: z.literal("pause") }),
    z.strictObject({ ids, action: z.literal("resume") }),
    z.strictObject({ ids, action: z.literal("delete") }),
    z.strictObject({ ids, action: z.literal("tags"), tags: z.record(z.string(), z.string().nullable()).meta({ description: "merged into those of each; null takes one away" }) }),
    z.strictObject({ ids, action: z.literal("channels"), channels: z.array(z.string()).meta({ description: "in place of those of each; empty: every enabled channel is told" }) }),
  ])
  .meta({ id: "BulkChange" });

export type BulkInput = z.infer<typeof bulkInput>;

const outcomeShape = z
  .strictObject({
    id: z.string(),
    outcome: z.enum(["changed", "unchanged", "failed"]).meta({ description: "unchanged: it was so already" }),
    code: z.string().optional().meta({ description: "of one that failed, as in a problem document" }),
    message: z.string().optional(),
  })
  .meta({ id: "BulkOutcome" });

export type BulkOutcome = z.infer<typeof outcomeShape>;

export const bulkShape = z.strictObject({ action: z.string(), items: z.array(outcomeShape).meta({ description: "in the order of the ids, each once" }) }).meta({ id: "BulkAnswer" });

const auditNames: Record<string, string> = { pause: "check.pause", resume: "check.resume", delete: "check.delete" };

/** Each as if it had been changed alone. */
export function changedByBulk(body: unknown): { action: string; id: string }[] {
  const { action, items } = body as z.infer<typeof bulkShape>;
  return items.filter(({ outcome }) => outcome === "changed").map(({ id }) => ({ action: auditNames[action] ?? "check.update", id }));
}
