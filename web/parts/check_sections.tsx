/** The parts of a check that have a good default, each in a section that one opens. */
import type { CheckDraft } from "../check_draft.ts";
import { changedIn, checkSections, type CheckSection } from "../check_sections.ts";
import type { Field, Value } from "../fields.ts";
import { isShown } from "../fields.ts";
import { t } from "../i18n.ts";
import { ChannelChoice } from "./channel_choice.tsx";
import { DependencyChoice } from "./dependency_choice.tsx";
import { FieldList } from "./field_list.tsx";
import { FormSection } from "./form_section.tsx";
import { LocationChoice } from "./location_choice.tsx";

interface CheckSectionsProps {
  fields: readonly Field[];
  draft: CheckDraft;
  own: string;
  /** Sections that were just filled in. */
  opens: readonly string[];
  errors: Map<string, string[]>;
  onField: (pointer: string, value: Value) => void;
  onChannels: (channels: readonly string[]) => void;
  onDependsOn: (ids: readonly string[]) => void;
}

export function CheckSections({ fields, draft, own, opens, errors, onField, onChannels, onDependsOn }: CheckSectionsProps) {
  const values = draft.values[draft.type]!;
  const wrong = (section: CheckSection) => [...errors.keys()].some((pointer) => section.holds(pointer) && (pointer === "/dependsOn" || fields.some((field) => field.more && field.pointer === pointer)));
  return (
    <section class="card form-sections" aria-label={t("More settings")}>
      {checkSections.map((section) => {
        const inside = fields.filter((field) => field.more && section.holds(field.pointer));
        if (section.key !== "told" && !inside.some((field) => isShown(field, values))) return null;
        const extras = section.key === "told" ? [...(draft.channels.length > 0 ? [t("Channels")] : []), ...(draft.dependsOn.length > 0 ? [t("Depends on")] : [])] : [];
        return (
          <FormSection key={section.key} title={section.title} about={section.about} changed={[...changedIn(section, fields, values), ...extras]} opens={wrong(section) || opens.includes(section.key)}>
            <FieldList fields={inside} draft={values} errors={errors} onChange={onField} />
            {section.key === "places" && <LocationChoice value={String(values["/locations"] ?? "")} onChange={(value) => onField("/locations", value)} />}
            {section.key === "told" && <ChannelChoice chosen={draft.channels} onChange={onChannels} />}
            {section.key === "told" && <DependencyChoice own={own} chosen={draft.dependsOn} errors={errors.get("/dependsOn") ?? []} onChange={onDependsOn} />}
          </FormSection>
        );
      })}
    </section>
  );
}
