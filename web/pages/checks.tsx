/** All checks with their live state. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { getAll } from "../api.ts";
import { countStates, filterChecks, states, tagsOf, type Filter } from "../check_list.ts";
import { checkTypes } from "../check_fields.ts";
import { count } from "../format.ts";
import { figuresMs, useLoad, useRefresh } from "../load.ts";
import { CheckRow, CheckRowHead } from "../parts/check_row.tsx";
import { Icon } from "../parts/icon.tsx";
import { Empty, Loading, Page, Trouble } from "../parts/page.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import { VirtualRows } from "../parts/virtual_rows.tsx";
import { useMayEdit } from "../rights.ts";
import { go, keepInAddress, place } from "../router.ts";
import { loadStatuses, stateChanges, statuses } from "../statuses.ts";
import { useCell } from "../store.ts";
import type { Check } from "../types.ts";

export function ChecksPage() {
  const checks = useLoad("checks", (signal) => getAll<Check>("/checks", signal));
  useEffect(refreshStatuses, []);
  useRefresh(refreshStatuses, figuresMs);
  const add = useMayEdit() && (
    <a class="button primary" href="/checks/new">
      <Icon name="plus" /> New check
    </a>
  );
  return (
    <Page title="Checks" actions={add}>
      <Trouble problem={checks.error} retry={checks.reload} />
      {!checks.data && checks.loading && <Loading what="the checks" />}
      {checks.data?.length === 0 && <FirstCheck />}
      {checks.data && checks.data.length > 0 && <CheckList checks={checks.data} />}
    </Page>
  );
}

function refreshStatuses(): void {
  // When this fails the stream is down as well, which the header says.
  void loadStatuses().catch(() => undefined);
}

function CheckList({ checks }: { checks: readonly Check[] }) {
  const query = place.get().query;
  const [filter, setFilter] = useState<Filter>(() => ({
    search: query.get("search") ?? "",
    state: query.get("state") ?? "",
    type: query.get("type") ?? "",
    tag: query.get("tag") ?? "",
    sort: query.get("sort") ?? "",
  }));
  const change = (part: Partial<Filter>) => {
    const next = { ...filter, ...part };
    setFilter(next);
    keepInAddress({ ...next });
  };
  const round = useCell(stateChanges);
  const byId = useMemo(() => new Map(checks.map((check) => [check.id, check])), [checks]);
  const counts = useMemo(() => countStates(checks, statuses.get), [checks, round]);
  const ids = useMemo(() => filterChecks(checks, filter, statuses.get), [checks, filter, round]);
  return (
    <>
      <ul class="summary" aria-label="States of all checks">
        {states
          .filter((state) => counts.get(state))
          .map((state) => (
            <li key={state}>
              <button type="button" class="chip" aria-pressed={filter.state === state} onClick={() => change({ state: filter.state === state ? "" : state })}>
                <StateBadge state={state} /> <b>{counts.get(state)}</b>
              </button>
            </li>
          ))}
      </ul>
      <Filters filter={filter} checks={checks} onChange={change} />
      <p class="quiet" role="status">
        {ids.length === checks.length ? count(checks.length, "check") : `${ids.length} of ${count(checks.length, "check")}`}
      </p>
      {ids.length === 0 ? (
        <Empty title="No check fits">
          <button type="button" onClick={() => change({ search: "", state: "", type: "", tag: "" })}>
            Show all
          </button>
        </Empty>
      ) : (
        <VirtualRows label="Checks" ids={ids} head={<CheckRowHead />} row={(id, index) => <CheckRow key={id} check={byId.get(id)!} index={index} />} />
      )}
    </>
  );
}

function Filters({ filter, checks, onChange }: { filter: Filter; checks: readonly Check[]; onChange: (part: Partial<Filter>) => void }) {
  const tags = useMemo(() => tagsOf(checks), [checks]);
  return (
    <search class="filters">
      <input
        type="search"
        aria-label="Search checks"
        aria-keyshortcuts="/"
        placeholder="Search name, target, tag  ( / )"
        value={filter.search}
        onInput={(event) => onChange({ search: event.currentTarget.value })}
      />
      <select aria-label="Type" value={filter.type} onChange={(event) => onChange({ type: event.currentTarget.value })}>
        <option value="">Every type</option>
        {checkTypes.map(([type, label]) => (
          <option key={type} value={type}>
            {label}
          </option>
        ))}
      </select>
      {tags.length > 0 && (
        <select aria-label="Tag" value={filter.tag} onChange={(event) => onChange({ tag: event.currentTarget.value })}>
          <option value="">Every tag</option>
          {tags.map((tag) => (
            <option key={tag} value={tag}>
              {tag}
            </option>
          ))}
        </select>
      )}
      <select aria-label="Order" value={filter.sort} onChange={(event) => onChange({ sort: event.currentTarget.value })}>
        <option value="">Trouble first</option>
        <option value="name">By name</option>
      </select>
    </search>
  );
}

function FirstCheck() {
  const [url, setUrl] = useState("https://");
  const submit = (event: Event) => {
    event.preventDefault();
    go(`/checks/new?url=${encodeURIComponent(url)}`);
  };
  return (
    <Empty title="What should be watched?">
      <p>Type the address of a page or an API. You can try it before it is saved.</p>
      <form class="first-check" onSubmit={submit}>
        <input type="url" required aria-label="Address" value={url} onInput={(event) => setUrl(event.currentTarget.value)} />
        <button type="submit" class="primary">
          Add the first check
        </button>
      </form>
      <p class="quiet">
        Or a <a href="/checks/new?type=tcp">TCP port</a>, a <a href="/checks/new?type=grpc">gRPC service</a>, a <a href="/checks/new?type=graphql">GraphQL query</a>.
      </p>
    </Empty>
  );
}
