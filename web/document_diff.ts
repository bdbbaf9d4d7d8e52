/** Changes of a document as they stand in the audit log, for people: names in place of pointers, values before and after. */
import { t } from "./i18n.ts";
import { isObject } from "./pointer.ts";
import type { AuditEntry, Json } from "./types.ts";

export interface ShownChange {
  name: string;
  /** Undefined where there was nothing, or is nothing now. */
  before: string | undefined;
  after: string | undefined;
  isSecret: boolean;
}

const names: Record<string, string> = {
  "/name": t("Name"),
  "/enabled": t("Runs"),
  "/timeoutMs": t("Timeout"),
  "/retries": t("Retries"),
  "/retryDelayMs": t("Delay between retries"),
  "/failureThreshold": t("Failures until it is down"),
  "/recoveryThreshold": t("Successes until it is up"),
  "/severity": t("Severity"),
  "/dependsOn": t("Depends on"),
  "/channels": t("Channels"),
  "/locations": t("Locations"),
  "/quorum": t("Down when this says so"),
  "/schedule/every": t("Every"),
  "/schedule/cron": t("Cron expression"),
  "/schedule/timezone": t("Time zone"),
  "/assertions": t("Assertions"),
  "/target/url": "URL",
};

const actions: Record<string, string> = {
  "check.create": t("Created"),
  "check.update": t("Changed"),
  "check.pause": t("Paused"),
  "check.resume": t("Resumed"),
  "check.run": t("Run ordered"),
  "check.correct": t("Past corrected"),
  "check.uncorrect": t("Correction taken back"),
  "schedule.create": t("Scheduled"),
  "schedule.delete": t("No longer scheduled"),
  "schedule.run": t("Run ordered"),
};

export const actionName = (action: string) => actions[action] ?? action;

export function changesIn({ detail }: AuditEntry): { changes: ShownChange[]; more: number } {
  if (!isObject(detail) || !Array.isArray(detail["changes"])) return { changes: [], more: 0 };
  const changes = detail["changes"].filter(isObject).map(({ at, before, after, secret }) => ({ name: nameOf(textOf(at) ?? ""), before: textOf(before), after: textOf(after), isSecret: secret === true }));
  return { changes, more: Number(detail["more"] ?? 0) };
}

/** "/assertions/0/value" is the value of the first assertion; what has no name is called as in the document. */
function nameOf(pointer: string): string {
  const known = names[pointer];
  if (known) return known;
  const [first, second, ...rest] = pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (first === "tags" && second) return t("Tag {name}", { name: second });
  if (first === "assertions" && second) return [t("Assertion {number}", { number: Number(second) + 1 }), ...rest].join(", ");
  return [first === "target" ? "" : first, second, ...rest].filter(Boolean).join(".");
}

function textOf(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) return value.length === 0 ? t("an empty list") : value.join(", ");
  return JSON.stringify(value);
}
