/** When a check runs: at an interval, or by a cron expression in a time zone. */
import type { ScheduleDraft } from "../check_draft.ts";
import type { Field } from "../fields.ts";
import { t } from "../i18n.ts";
import { FieldInput } from "./field_input.tsx";
import { NextRuns } from "./next_runs.tsx";
import { Tabs } from "./tabs.tsx";

const kinds = [
  ["every", t("Interval")],
  ["cron", t("Cron")],
] as const;
const usual = ["10s", "30s", "60s", "5m", "15m", "1h"];
const usualCrons: readonly (readonly [cron: string, label: string])[] = [
  ["*/5 * * * *", t("every 5 minutes")],
  ["0 * * * *", t("every hour")],
  ["*/5 8-18 * * 1-5", t("in working hours")],
  ["0 6 * * *", t("daily at 6:00")],
];
const every: Field = { pointer: "/schedule/every", label: t("Every"), kind: "text", hint: t("A number with s, m, h or d; from 1s") };
const cron: Field = { pointer: "/schedule/cron", label: t("Cron expression"), kind: "text", placeholder: "*/5 8-18 * * 1-5", hint: t("Minute, hour, day, month, weekday") };
const timezone: Field = { pointer: "/schedule/timezone", label: t("Time zone"), kind: "zone", placeholder: "Europe/Berlin" };

interface ScheduleEditorProps {
  schedule: ScheduleDraft;
  errors: Map<string, string[]>;
  /** When a saved check with this schedule runs next. */
  knownNext?: string | null | undefined;
  onChange: (schedule: ScheduleDraft) => void;
}

export function ScheduleEditor({ schedule, errors, knownNext, onChange }: ScheduleEditorProps) {
  const input = (field: Field, part: "every" | "cron" | "timezone") => (
    <FieldInput
      field={field}
      value={schedule[part]}
      errors={[...(errors.get(field.pointer) ?? []), ...((part !== "timezone" && errors.get("/schedule")) || [])]}
      onChange={(value) => onChange({ ...schedule, [part]: String(value) })}
    />
  );
  return (
    <>
      <Tabs label={t("Kind of schedule")} choices={kinds} value={schedule.kind} onChange={(kind) => onChange({ ...schedule, kind })} />
      <div class="fields">
        {schedule.kind === "every" ? input(every, "every") : input(cron, "cron")}
        {schedule.kind === "cron" && input(timezone, "timezone")}
        <div class="field">
          <span class="label">{t("Usual")}</span>
          <div class="usual">
            {schedule.kind === "every"
              ? usual.map((text) => (
                  <button key={text} type="button" class="chip" aria-pressed={schedule.every === text} onClick={() => onChange({ ...schedule, every: text })}>
                    {text}
                  </button>
                ))
              : usualCrons.map(([expression, label]) => (
                  <button key={expression} type="button" class="chip" aria-pressed={schedule.cron === expression} onClick={() => onChange({ ...schedule, cron: expression })}>
                    {label}
                  </button>
                ))}
          </div>
        </div>
      </div>
      <NextRuns schedule={schedule} knownNext={knownNext} />
    </>
  );
}
