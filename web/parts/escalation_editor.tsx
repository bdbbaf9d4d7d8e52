/** Who is told besides, and when, while nobody acknowledges. */
import { t } from "../i18n.ts";
import { messagesUnder } from "../pointer.ts";
import { newStep, type StepDraft } from "../route_draft.ts";
import type { Channel } from "../types.ts";
import { ChannelBoxes } from "./channel_choice.tsx";
import { Errors, FieldInput } from "./field_input.tsx";
import { Icon } from "./icon.tsx";

interface EscalationEditorProps {
  steps: readonly StepDraft[];
  channels: readonly Channel[];
  /** By pointer, such as `/escalation/0/afterMs`. */
  errors: Map<string, string[]>;
  onChange: (steps: readonly StepDraft[]) => void;
}

export function EscalationEditor({ steps, channels, errors, onChange }: EscalationEditorProps) {
  const change = (key: number, part: Partial<StepDraft>) => onChange(steps.map((step) => (step.key === key ? { ...step, ...part } : step)));
  return (
    <>
      {steps.map((step, index) => (
        <section key={step.key} class="step" aria-label={t("Step {number}", { number: index + 1 })}>
          <FieldInput
            field={{ pointer: `/escalation/${index}/afterMs`, label: t("Step {number}: after", { number: index + 1 }), kind: "text", placeholder: "15m" }}
            value={step.after}
            errors={errors.get(`/escalation/${index}/afterMs`) ?? []}
            onChange={(after) => change(step.key, { after: String(after) })}
          />
          <ChannelBoxes
            channels={channels}
            chosen={step.channels}
            legend={t("Step {number}: tell", { number: index + 1 })}
            hint={t("Besides those who have heard already.")}
            messages={messagesUnder(`/escalation/${index}/channels`, errors)}
            onChange={(told) => change(step.key, { channels: told })}
          />
          <button type="button" class="small" onClick={() => onChange(steps.filter(({ key }) => key !== step.key))}>
            <Icon name="close" /> {t("Remove step {number}", { number: index + 1 })}
          </button>
        </section>
      ))}
      <Errors messages={errors.get("/escalation") ?? []} />
      <button type="button" onClick={() => onChange([...steps, newStep(steps)])}>
        <Icon name="plus" /> {t("Add a step")}
      </button>
    </>
  );
}
