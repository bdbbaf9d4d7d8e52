/** Choosing open incidents, and saying of all of them at once that somebody is on it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { post } from "../api.ts";
import { plural, t } from "../i18n.ts";
import { useDoing } from "../load.ts";
import { useMayEdit } from "../rights.ts";
import type { Incident } from "../types.ts";
import { announce } from "./announce.tsx";
import { Trouble } from "./page.tsx";

export interface Chosen {
  /** Open ones that are still in the list. */
  ids: ReadonlySet<string>;
  all: readonly string[];
  canChoose: (incident: Incident) => boolean;
  toggle: (id: string) => void;
  choose: (ids: readonly string[]) => void;
}

export function useChosen(incidents: readonly Incident[]): Chosen {
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const mayEdit = useMayEdit();
  const canChoose = ({ state }: Incident) => mayEdit && state === "open";
  const all = incidents.filter(canChoose).map(({ id }) => id);
  const ids = new Set(all.filter((id) => marked.has(id)));
  return {
    ids,
    all,
    canChoose,
    toggle: (id) => setMarked(ids.has(id) ? new Set([...ids].filter((one) => one !== id)) : new Set([...ids, id])),
    choose: (next) => setMarked(new Set(next)),
  };
}

export function BulkAcknowledge({ chosen, onChange }: { chosen: Chosen; onChange: (incident: Incident) => void }) {
  const doing = useDoing();
  const box = useRef<HTMLInputElement>(null);
  const { ids, all } = chosen;
  useEffect(() => {
    if (box.current) box.current.indeterminate = ids.size > 0 && ids.size < all.length;
  });
  if (all.length < 2) return null;
  const acknowledge = () =>
    void doing.run(async () => {
      const many = ids.size;
      for (const id of ids) onChange(await post<Incident>(`/incidents/${id}/acknowledge`, {}));
      chosen.choose([]);
      announce(plural(many, "{count} incident acknowledged.", "{count} incidents acknowledged."));
    });
  return (
    <div class="bulk" role="group" aria-label={t("Several incidents")}>
      <label class="check-line">
        <input type="checkbox" checked={ids.size === all.length} ref={box} onChange={() => chosen.choose(ids.size === all.length ? [] : all)} />
        {t("All {count} open", { count: all.length })}
      </label>
      <button type="button" class="small" disabled={ids.size === 0 || doing.busy} aria-busy={doing.busy} onClick={acknowledge}>
        {doing.busy ? t("Acknowledging…") : ids.size > 0 ? t("Acknowledge {count}", { count: ids.size }) : t("Acknowledge")}
      </button>
      <Trouble problem={doing.problem} />
    </div>
  );
}
