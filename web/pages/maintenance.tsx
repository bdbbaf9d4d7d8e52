/** Planned work: what counts as maintenance now, and what comes next. */
import { getAll, post, remove } from "../api.ts";
import { exactTime, minute, span } from "../format.ts";
import { t } from "../i18n.ts";
import { figuresMs, useDoing, useLoad, useRefresh } from "../load.ts";
import { matcherText } from "../matcher_draft.ts";
import { announce } from "../parts/announce.tsx";
import { ConfirmButton } from "../parts/confirm.tsx";
import { MaintenanceCalendar } from "../parts/maintenance_calendar.tsx";
import { NewLink } from "../parts/new_link.tsx";
import { Empty, Loading, Page, Trouble } from "../parts/page.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import { useMayEdit } from "../rights.ts";
import { useNow } from "../store.ts";
import type { MaintenanceWindow } from "../types.ts";

export function MaintenancePage() {
  const loaded = useLoad("maintenance", (signal) => getAll<MaintenanceWindow>("/maintenance", signal));
  useRefresh(loaded.reload, figuresMs);
  const mayEdit = useMayEdit();
  return (
    <Page title={t("Maintenance")} actions={<NewLink to="/maintenance/new" label={t("New window")} />}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!loaded.data && loaded.loading && <Loading what={t("the maintenance windows")} />}
      {loaded.data?.length === 0 && (
        <Empty title={t("Is work planned?")}>
          <p>{t("While a maintenance window lasts, failures of the checks it covers open no incident, and their runs count neither for nor against uptime.")}</p>
          {mayEdit && (
            <a class="button primary" href="/maintenance/new">
              {t("Plan the first window")}
            </a>
          )}
        </Empty>
      )}
      {loaded.data && loaded.data.length > 0 && (
        <div class="calendar-page">
          <MaintenanceCalendar windows={loaded.data} />
          <ul class="cards" aria-label={t("Maintenance windows")}>
            {inOrder(loaded.data).map((window) => (
              <WindowRow key={window.id} window={window} mayEdit={mayEdit} onChange={loaded.reload} />
            ))}
          </ul>
        </div>
      )}
    </Page>
  );
}

/** Those that last, then those that come, then those that are over. */
function inOrder(windows: readonly MaintenanceWindow[]): MaintenanceWindow[] {
  const rank = ({ active, activeUntil, nextStart }: MaintenanceWindow) => (active ? `0 ${activeUntil}` : nextStart ? `1 ${nextStart}` : "2");
  return windows.toSorted((a, b) => rank(a).localeCompare(rank(b)));
}

function WindowRow({ window, mayEdit, onChange }: { window: MaintenanceWindow; mayEdit: boolean; onChange: () => void }) {
  const doing = useDoing();
  const end = () =>
    void doing.run(async () => {
      await post(`/maintenance/${window.id}/end`);
      announce(t("{name} has ended.", { name: window.name }));
      onChange();
    });
  return (
    <li class={`channel edge-${window.active ? "maintenance" : "paused"}`}>
      <div class="grow">
        <a href={`/maintenance/${window.id}`}>{window.name}</a>
        <p>
          <When window={window} />
        </p>
        <p class="quiet">{window.matchers.map(matcherText).join(t(" and "))}</p>
        <Trouble problem={doing.problem} />
      </div>
      {mayEdit && (
        <div class="actions">
          {window.active && (
            <button type="button" disabled={doing.busy} onClick={end}>
              {t("End now")}
            </button>
          )}
          <ConfirmButton
            label={t("Delete")}
            question={t("Delete {name}?", { name: window.name })}
            detail={t("What it has covered so far stays maintenance in every uptime.")}
            action={async () => {
              await remove(`/maintenance/${window.id}`);
              announce(t("{name} is deleted.", { name: window.name }));
              onChange();
            }}
          />
        </div>
      )}
    </li>
  );
}

function When({ window: { active, activeUntil, nextStart, enabled } }: { window: MaintenanceWindow }) {
  const now = useNow();
  if (!enabled) return <span class="quiet">{t("not in force")}</span>;
  if (active && activeUntil) {
    return (
      <span title={exactTime(activeUntil)}>
        <StateBadge state="maintenance" label={t("now")} /> {t("for another {span}", { span: span(Date.parse(activeUntil) - now) })}
      </span>
    );
  }
  if (!nextStart) return <span class="quiet">{t("over")}</span>;
  return (
    <span title={exactTime(nextStart)}>
      {t("next {start}, in {span}", { start: minute(nextStart), span: span(Date.parse(nextStart) - now) })}
    </span>
  );
}
