/** What can be done with the checks that are chosen. */
import { useState } from "preact/hooks";
import { changeMany, leave, type BulkChange } from "../bulk.ts";
import { checks } from "../checks_store.ts";
import { plural, t } from "../i18n.ts";
import { select, selected } from "../selection.ts";
import { useCell } from "../store.ts";
import { ChannelsDialog, TagsDialog } from "./bulk_dialogs.tsx";
import { Icon } from "./icon.tsx";

export function BulkBar() {
  const chosen = useCell(selected);
  const all = useCell(checks) ?? [];
  const [asking, setAsking] = useState<"tags" | "channels">();
  const some = all.filter(({ id }) => chosen.has(id));
  if (some.length === 0) return null;
  const apply = (change: BulkChange) => {
    setAsking(undefined);
    select([]);
    void changeMany(
      some.map(({ id }) => id),
      change,
    );
  };
  return (
    <div class="bulk-bar" role="region" aria-label={t("Actions on what is selected")}>
      <strong role="status">{plural(some.length, "{count} selected", "{count} selected // checks")}</strong>
      <div class="actions">
        <button type="button" class="small" disabled={some.every(({ enabled }) => !enabled)} onClick={() => apply({ action: "pause" })}>
          <Icon name="paused" /> {t("Pause")}
        </button>
        <button type="button" class="small" disabled={some.every(({ enabled }) => enabled)} onClick={() => apply({ action: "resume" })}>
          <Icon name="play" /> {t("Resume")}
        </button>
        <button type="button" class="small" onClick={() => setAsking("tags")}>
          {t("Tags…")}
        </button>
        <button type="button" class="small" onClick={() => setAsking("channels")}>
          {t("Channels…")}
        </button>
        <button type="button" class="small danger" onClick={() => leave(some.map(({ id }) => id))}>
          {t("Delete")}
        </button>
      </div>
      <button type="button" class="plain small" onClick={() => select([])}>
        {t("Clear")}
      </button>
      {asking === "tags" && <TagsDialog some={some} onApply={apply} onClose={() => setAsking(undefined)} />}
      {asking === "channels" && <ChannelsDialog some={some} onApply={apply} onClose={() => setAsking(undefined)} />}
    </div>
  );
}
