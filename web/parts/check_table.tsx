/** The list itself: rows or cards, grouped or not, and how one moves and chooses in it without a mouse. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { CheckListing, Filter, Line } from "../check_list.ts";
import type { ListedCheck } from "../checks_store.ts";
import { density } from "../density.ts";
import { t } from "../i18n.ts";
import { select, selected, selectRange, toggle } from "../selection.ts";
import { useKeys } from "../shortcuts.ts";
import { useCell } from "../store.ts";
import { CheckRow } from "./check_row.tsx";
import { GroupRow } from "./group_row.tsx";
import { VirtualRows, type Aim } from "./virtual_rows.tsx";

interface CheckTableProps {
  checks: readonly ListedCheck[];
  listing: CheckListing;
  filter: Filter;
  mayEdit: boolean;
  collapsed: ReadonlySet<string>;
  onCollapse: (key: string) => void;
  onFilter: (part: Partial<Filter>) => void;
}

export function CheckTable({ checks, listing, filter, mayEdit, collapsed, onCollapse, onFilter }: CheckTableProps) {
  const byId = useMemo(() => new Map(checks.map((check) => [check.id, check])), [checks]);
  const close = useCell(density);
  const newest = useRef({ onFilter, onCollapse, listing });
  newest.current = { onFilter, onCollapse, listing };
  const chosenLast = useRef<string | undefined>(undefined);
  const onSelect = useCallback((id: string, extend: boolean) => {
    if (extend) selectRange(newest.current.listing.ids, chosenLast.current, id);
    else toggle([id]);
    chosenLast.current = id;
  }, []);
  const { aim, body } = useMoves(listing, mayEdit, onSelect);
  const row = useCallback(
    (line: Line, index: number) =>
      line.kind === "group" ? (
        <GroupRow key={line.key} group={line} by={filter.group} index={index} isCollapsed={collapsed.has(line.key)} mayEdit={mayEdit} onToggle={(key) => newest.current.onCollapse(key)} />
      ) : (
        <CheckRow key={line.key} check={byId.get(line.id)!} index={index} mayEdit={mayEdit} onSelect={onSelect} onTag={(tag) => newest.current.onFilter({ tag })} />
      ),
    [byId, filter.group, collapsed, mayEdit],
  );
  return (
    <div ref={body} class={`check-table ${close} ${mayEdit ? "selectable" : ""}`}>
      <VirtualRows label={t("Checks")} lines={listing.lines} head={<Head listing={listing} filter={filter} mayEdit={mayEdit} onFilter={onFilter} />} row={row} aim={aim} look={close} />
    </div>
  );
}

/** j and k, or the arrows once one is in the list; x chooses, Escape lets all go. Enter is the link itself. */
function useMoves({ lines }: CheckListing, mayEdit: boolean, onSelect: (id: string, extend: boolean) => void) {
  const body = useRef<HTMLDivElement>(null);
  const [aim, setAim] = useState<Aim>();
  const place = useRef(-1);
  const inList = () => {
    const row = document.activeElement?.closest<HTMLElement>("[aria-rowindex]");
    if (row && body.current?.contains(row)) place.current = Number(row.getAttribute("aria-rowindex")) - 2;
    return row !== null && body.current?.contains(row ?? null);
  };
  const move = (by: number) => {
    inList();
    place.current = Math.max(0, Math.min(lines.length - 1, place.current + by));
    setAim({ index: place.current });
  };
  const chooseHere = () => {
    const line = inList() ? lines[place.current] : undefined;
    if (line?.kind === "check") onSelect(line.id, false);
    if (line?.kind === "group") toggle(line.ids);
  };
  useKeys({
    j: { what: t("Next check"), run: () => move(1) },
    k: { what: t("Check before"), run: () => move(-1) },
    ...(mayEdit && { x: { what: t("Select; with Shift and a click a range"), run: chooseHere }, Escape: { what: t("Clear the selection"), run: () => select([]) } }),
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (by === undefined || !inList()) return;
      event.preventDefault();
      move(by);
    };
    body.current?.addEventListener("keydown", onKey);
    return () => body.current?.removeEventListener("keydown", onKey);
  });
  return { body, aim };
}

const columns: readonly { sort: string; label: string; class?: string }[] = [
  { sort: "", label: t("State") },
  { sort: "name", label: t("Check // the thing that is watched") },
  { sort: "uptime", label: t("24 h"), class: "number uptime-cell" },
  { sort: "latency", label: t("Latency"), class: "latency-cell" },
];

interface HeadProps {
  listing: CheckListing;
  filter: Filter;
  mayEdit: boolean;
  onFilter: (part: Partial<Filter>) => void;
}

function Head({ listing, filter, mayEdit, onFilter }: HeadProps) {
  const column = ({ sort, label, class: name = "" }: (typeof columns)[number]) => (
    <span role="columnheader" class={name} aria-sort={filter.sort === sort ? (sort === "latency" ? "descending" : "ascending") : undefined}>
      <button type="button" class="column" onClick={() => onFilter({ sort })}>
        {label}
      </button>
    </span>
  );
  return (
    <div role="rowgroup">
      <div role="row" class="row head" aria-rowindex={1}>
        {mayEdit && (
          <span role="columnheader" class="select-cell">
            <AllBox ids={listing.ids} />
          </span>
        )}
        {columns.slice(0, 2).map(column)}
        <span role="columnheader">{t("Last results")}</span>
        {columns.slice(2).map(column)}
      </div>
    </div>
  );
}

function AllBox({ ids }: { ids: readonly string[] }) {
  const chosen = useCell(selected);
  const box = useRef<HTMLInputElement>(null);
  const areAll = ids.length > 0 && ids.every((id) => chosen.has(id));
  useEffect(() => {
    if (box.current) box.current.indeterminate = chosen.size > 0 && !areAll;
  });
  return <input type="checkbox" ref={box} checked={areAll} aria-label={t("Select all that are shown")} onChange={() => select(areAll ? [] : ids)} />;
}
