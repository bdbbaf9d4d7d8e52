import type { Condition, Field } from "../fields.ts";
import { t } from "../i18n.ts";
import type { Kind } from "./kind.ts";
import { code, number } from "./sources.ts";

/** Lives in the form alone: the target says it by having a period or a cron expression. */
const expected: Field = {
  pointer: "expected",
  label: t("A success is expected"),
  kind: "choice",
  choices: [["period", t("At least every…")], ["cron", t("At certain times (cron)")]],
  initial: "period",
  of: (document) => ((document["target"] as { cron?: unknown } | undefined)?.cron === undefined ? "period" : "cron"),
};
const when = (is: string): Condition => ({ pointer: expected.pointer, is: [is] });

export const heartbeat: Kind = {
  about: t("A job reports in time: a backup, a cron job, a device"),
  fields: [
    expected,
    { pointer: "/target/period", label: t("Every"), kind: "text", required: true, placeholder: "1d", hint: t("Such as 5m, 1h or 1d"), when: when("period") },
    { pointer: "/target/cron", label: t("Cron expression"), kind: "text", required: true, placeholder: "0 3 * * *", hint: t("Minute, hour, day, month, weekday"), when: when("cron") },
    { pointer: "/target/timezone", label: t("Time zone"), kind: "text", placeholder: "UTC", when: when("cron") },
    { pointer: "/target/grace", label: t("May be late by"), kind: "text", placeholder: "5m" },
    { pointer: "/target/maxRun", label: t("May run for"), kind: "text", placeholder: "as long as it may be late", hint: t("From its start to its end, when it reports both") },
  ],
  sources: [
    { ...number("run_duration", t("Run duration (ms)"), "lt", "3600000"), severity: "degraded" },
    code("exit_code", t("Exit code"), "eq", "0"),
  ],
  standard: t("Without any, a success in time is up."),
};
