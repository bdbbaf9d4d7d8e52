/** When a check runs: at an interval, or by a cron expression in a time zone. */
import type { ScheduleDraft } from "../check_draft.ts";
import type { Field } from "../fields.ts";
import { FieldInput } from "./field_input.tsx";

const usual = ["10s", "30s", "60s", "5m", "15m", "1h"];
const every: Field = { pointer: "/schedule/every", label: "Every", kind: "text", hint: "A number with s, m, h or d; from 1s" };
const cron: Field = { pointer: "/schedule/cron", label: "Cron expression", kind: "text", placeholder: "*/5 8-18 * * 1-5", hint: "Minute, hour, day, month, weekday" };
const timezone: Field = { pointer: "/schedule/timezone", label: "Time zone", kind: "text", placeholder: "Europe/Berlin" };

interface ScheduleEditorProps {
  schedule: ScheduleDraft;
  errors: Map<string, string[]>;
  onChange: (schedule: ScheduleDraft) => void;
}

export function ScheduleEditor({ schedule, errors, onChange }: ScheduleEditorProps) {
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
      <div class="tabs" role="group" aria-label="Kind of schedule">
        <button type="button" aria-pressed={schedule.kind === "every"} onClick={() => onChange({ ...schedule, kind: "every" })}>
          Interval
        </button>
        <button type="button" aria-pressed={schedule.kind === "cron"} onClick={() => onChange({ ...schedule, kind: "cron" })}>
          Cron
        </button>
      </div>
      <div class="fields">
        {schedule.kind === "every" ? (
          <>
            {input(every, "every")}
            <div class="field">
              <span class="label">Usual</span>
              <div class="usual">
                {usual.map((text) => (
                  <button key={text} type="button" class="chip" aria-pressed={schedule.every === text} onClick={() => onChange({ ...schedule, every: text })}>
                    {text}
                  </button>
                ))}
              </div>
            </div>
          </>
        ) : (
          <>
            {input(cron, "cron")}
            {input(timezone, "timezone")}
          </>
        )}
      </div>
    </>
  );
}
