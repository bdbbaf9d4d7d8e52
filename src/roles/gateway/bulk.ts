/**
 * One change of many checks. Each stands for itself: what one refuses hinders no other.
 */
import type { JsonObject } from "@bufbuild/protobuf";
import type { Call } from "#kernel/call";
import { toAppError } from "#kernel/errors";
import { isObject } from "#kernel/merge_patch";
import { refuseUnknownChannels, retriedOnConflict } from "./check_documents.ts";
import type { Roles } from "./route.ts";
import type { BulkInput, BulkOutcome } from "./views/bulk.ts";

/** Enough for the store to commit many at once, few enough to leave others their turn. */
const atOnce = 32;

export async function changeMany(input: BulkInput, call: Call, roles: Roles): Promise<BulkOutcome[]> {
  if (input.action === "channels") await refuseUnknownChannels(input.channels, call, roles);
  const ids = [...new Set(input.ids)];
  const outcomes = new Map<string, BulkOutcome>();
  const waiting = ids.values();
  const work = async () => {
    for (const id of waiting) outcomes.set(id, await changeOne(id, input, call, roles));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, ids.length) }, work));
  return ids.map((id) => outcomes.get(id)!);
}

async function changeOne(id: string, input: BulkInput, call: Call, roles: Roles): Promise<BulkOutcome> {
  try {
    return { id, outcome: (await apply(id, input, call, roles)) ? "changed" : "unchanged" };
  } catch (error) {
    const { code, message, fields } = toAppError(error);
    return { id, outcome: "failed", code, message: fields.length > 0 ? fields.map((field) => field.message).join("; ") : code === "internal" ? "the server failed" : message };
  }
}

/** Whether there was anything to change. */
async function apply(id: string, input: BulkInput, call: Call, { config }: Roles): Promise<boolean> {
  if (input.action === "delete") {
    await config.deleteCheck({ id }, call);
    return true;
  }
  const patch = patchOf(input);
  return retriedOnConflict(async () => {
    const check = await config.getCheck({ id }, call);
    if (isAlready(check, patch)) return false;
    await config.updateCheck({ id, patch, version: check.version }, call);
    return true;
  });
}

function patchOf(input: Exclude<BulkInput, { action: "delete" }>): JsonObject {
  if (input.action === "tags") return { tags: input.tags };
  if (input.action === "channels") return { channels: input.channels };
  return { enabled: input.action === "resume" };
}

function isAlready(check: { enabled: boolean; tags: Record<string, string>; channels: readonly string[] }, { enabled, tags, channels }: JsonObject): boolean {
  if (isObject(tags)) return Object.entries(tags).every(([name, value]) => (check.tags[name] ?? null) === value);
  if (Array.isArray(channels)) return channels.length === check.channels.length && channels.every((channel, i) => channel === check.channels[i]);
  return check.enabled === enabled;
}
