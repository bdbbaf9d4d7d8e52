/** What a bulk action needs to be told: which tags, which channels. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { BulkChange } from "../bulk.ts";
import { tagNamesOf } from "../check_list.ts";
import { checks, type ListedCheck } from "../checks_store.ts";
import { number, plural, t } from "../i18n.ts";
import { useCell } from "../store.ts";
import { ChannelChoice } from "./channel_choice.tsx";

interface BulkDialogProps {
  some: readonly ListedCheck[];
  onApply: (change: BulkChange) => void;
  onClose: () => void;
}

export function TagsDialog({ some, onApply, onClose }: BulkDialogProps) {
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const [gone, setGone] = useState<readonly string[]>([]);
  const all = useCell(checks) ?? [];
  const names = tagNamesOf(some);
  const values = [...new Set(all.flatMap(({ tags }) => tags[name.trim()] ?? []))].sort();
  const tags = { ...Object.fromEntries(gone.map((one) => [one, null])), ...(name.trim() && { [name.trim()]: value.trim() }) };
  const many = (tag: string) => some.filter(({ tags: own }) => own[tag] !== undefined).length;
  return (
    <BulkDialog title={plural(some.length, "Tags of {count} check", "Tags of {count} checks")} isReady={Object.keys(tags).length > 0} onSubmit={() => onApply({ action: "tags", tags })} onClose={onClose}>
      <fieldset class="field">
        <legend>{t("Add a tag")}</legend>
        <div class="pair two">
          <input aria-label={t("Name of the tag")} placeholder="env" list="bulk-tag-names" maxLength={100} value={name} onInput={(event) => setName(event.currentTarget.value)} />
          <input aria-label={t("Value of the tag")} placeholder="prod" list="bulk-tag-values" maxLength={200} value={value} onInput={(event) => setValue(event.currentTarget.value)} />
        </div>
        <Known id="bulk-tag-names" values={tagNamesOf(all)} />
        <Known id="bulk-tag-values" values={values} />
      </fieldset>
      {names.length > 0 && (
        <fieldset class="field">
          <legend>{t("Take away")}</legend>
          {names.map((tag) => (
            <label key={tag} class="check-line">
              <input type="checkbox" checked={gone.includes(tag)} onChange={(event) => setGone(event.currentTarget.checked ? [...gone, tag] : gone.filter((one) => one !== tag))} />
              {tag} <span class="quiet">{number(many(tag))}</span>
            </label>
          ))}
        </fieldset>
      )}
    </BulkDialog>
  );
}

export function ChannelsDialog({ some, onApply, onClose }: BulkDialogProps) {
  const first = some[0]!.channels;
  const areAlike = some.every(({ channels }) => String(channels) === String(first));
  const [chosen, setChosen] = useState<readonly string[]>(areAlike ? first : []);
  return (
    <BulkDialog title={plural(some.length, "Who is told about {count} check", "Who is told about {count} checks")} isReady onSubmit={() => onApply({ action: "channels", channels: chosen })} onClose={onClose}>
      {!areAlike && <p class="notice">{t("They have different channels today. What you choose here takes their place.")}</p>}
      <ChannelChoice chosen={chosen} onChange={setChosen} />
    </BulkDialog>
  );
}

interface FrameProps {
  title: string;
  isReady: boolean;
  onSubmit: () => void;
  onClose: () => void;
  children: ComponentChildren;
}

function BulkDialog({ title, isReady, onSubmit, onClose, children }: FrameProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    if (isReady) onSubmit();
  };
  return (
    <dialog ref={dialog} aria-label={title} onClose={onClose}>
      <h2>{title}</h2>
      <form onSubmit={submit}>
        {children}
        <div class="actions">
          <button type="button" onClick={onClose}>
            {t("Cancel")}
          </button>
          <button type="submit" class="primary" disabled={!isReady}>
            {t("Apply")}
          </button>
        </div>
      </form>
    </dialog>
  );
}

function Known({ id, values }: { id: string; values: readonly string[] }) {
  return (
    <datalist id={id}>
      {values.map((value) => (
        <option key={value} value={value} />
      ))}
    </datalist>
  );
}
