/** All checks with their live state: as a list to work with, or as a wall screen to look at. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { leaving } from "../bulk.ts";
import { countStates, filterOf, listChecks, narrows, noFilter, type Filter } from "../check_list.ts";
import { checks as known, loadChecks, type ListedCheck } from "../checks_store.ts";
import { number, plural, t } from "../i18n.ts";
import { lazyPage } from "../lazy_page.tsx";
import { figuresMs, useLoad, useRefresh } from "../load.ts";
import { BulkBar } from "../parts/bulk_bar.tsx";
import { CheckFilters, DensityButton } from "../parts/check_filters.tsx";
import { CheckTable } from "../parts/check_table.tsx";
import { FirstCheck } from "../parts/first_check.tsx";
import { Icon } from "../parts/icon.tsx";
import { NewLink } from "../parts/new_link.tsx";
import { Empty, Loading, Page, Trouble } from "../parts/page.tsx";
import { StateSummary } from "../parts/state_summary.tsx";
import { useMayEdit } from "../rights.ts";
import { go, keepInAddress, place } from "../router.ts";
import { select, selected } from "../selection.ts";
import { stateChanges, statuses } from "../statuses.ts";
import { useCell } from "../store.ts";

export function ChecksPage() {
  const loading = useLoad("checks", loadChecks);
  useRefresh(refresh, figuresMs);
  const all = useCell(known);
  const gone = useCell(leaving);
  const checks = useMemo(() => all?.filter((check) => !gone.includes(check)), [all, gone]);
  const [filter, change] = useFilter();
  const mayEdit = useMayEdit();
  const isWall = useCell(place).query.get("view") === "wall";
  useEffect(() => () => select([]), []);
  if (isWall && checks && checks.length > 0) return <WallScreen checks={checks} filter={filter} onLeave={() => go(addressOf(filter, ""))} />;
  const actions = (
    <>
      {checks && checks.length > 0 && (
        <a class="button to-wall" href={addressOf(filter, "wall")}>
          <Icon name="wall" /> {t("Wall screen")}
        </a>
      )}
      <NewLink to="/checks/new" label={t("New check")} />
    </>
  );
  return (
    <Page title={t("Checks")} actions={actions}>
      <Trouble problem={loading.error} retry={loading.reload} />
      {!checks && loading.loading && <Loading what={t("the checks")} />}
      {checks?.length === 0 && <FirstCheck />}
      {checks && checks.length > 0 && <CheckList checks={checks} filter={filter} change={change} mayEdit={mayEdit} />}
    </Page>
  );
}

const WallScreen = lazyPage(async () => (await import("./wall.tsx")).WallScreen);

function refresh(): void {
  // When this fails the stream is down as well, which the header says.
  void loadChecks().catch(() => undefined);
}

function addressOf(filter: Filter, view: string): string {
  const query = new URLSearchParams(Object.entries({ ...filter, view }).filter(([, value]) => value)).toString();
  return query ? `/?${query}` : "/";
}

/** It stands in the address; a link to this page, and the browser's way back, set it too. */
function useFilter(): [filter: Filter, change: (part: Partial<Filter>) => void] {
  const here = useCell(place);
  const [own, setOwn] = useState({ here, filter: filterOf(here.query) });
  const filter = own.here === here ? own.filter : filterOf(here.query);
  const change = (part: Partial<Filter>) => {
    const next = { ...filter, ...part };
    setOwn({ here, filter: next });
    keepInAddress({ ...next });
  };
  return [filter, change];
}

interface CheckListProps {
  checks: readonly ListedCheck[];
  filter: Filter;
  change: (part: Partial<Filter>) => void;
  mayEdit: boolean;
}

function CheckList({ checks, filter, change, mayEdit }: CheckListProps) {
  const round = useCell(stateChanges);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const counts = useMemo(() => countStates(checks, statuses.get), [checks, round]);
  const listing = useMemo(() => listChecks(checks, filter, statuses.get, collapsed), [checks, filter, round, collapsed]);
  useEffect(() => keepOnlyShown(listing.ids), [listing.ids]);
  const onCollapse = (key: string) => setCollapsed((before) => (before.has(key) ? new Set([...before].filter((one) => one !== key)) : new Set([...before, key])));
  return (
    <>
      <StateSummary counts={counts} total={checks.length} filter={filter} onChange={change} />
      <CheckFilters filter={filter} checks={checks} onChange={change} />
      <div class="quiet shown-count">
        <span role="status">{narrows(filter) ? t("{shown} of {all}", { shown: listing.ids.length, all: plural(checks.length, "{count} check", "{count} checks") }) : plural(checks.length, "{count} check", "{count} checks")}</span>
        {narrows(filter) && (
          <button type="button" class="link" onClick={() => change({ ...noFilter, sort: filter.sort, group: filter.group })}>
            {t("Show all")}
          </button>
        )}
        <DensityButton />
      </div>
      {listing.ids.length === 0 ? (
        <Empty title={t("No check fits")}>
          <button type="button" onClick={() => change({ ...noFilter, sort: filter.sort, group: filter.group })}>
            {t("Show all {count}", { count: number(checks.length) })}
          </button>
        </Empty>
      ) : (
        <CheckTable checks={checks} listing={listing} filter={filter} mayEdit={mayEdit} collapsed={collapsed} onCollapse={onCollapse} onFilter={change} />
      )}
      {mayEdit && <BulkBar />}
    </>
  );
}

/** What a filter hides must not be changed by an action on what is selected. */
function keepOnlyShown(ids: readonly string[]): void {
  const chosen = selected.get();
  if (chosen.size === 0) return;
  const shown = new Set(ids);
  const kept = [...chosen].filter((id) => shown.has(id));
  if (kept.length < chosen.size) select(kept);
}
