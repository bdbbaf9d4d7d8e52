/** What of the list is shown, in which order and in which groups. */
import { useMemo } from "preact/hooks";
import { locationsOf, tagNamesOf, tagsOf, type Filter } from "../check_list.ts";
import type { ListedCheck } from "../checks_store.ts";
import { densities, density, setDensity, type Density } from "../density.ts";
import { t } from "../i18n.ts";
import { kindNames } from "../kind_names.ts";
import { useCell } from "../store.ts";
import { Icon } from "./icon.tsx";

interface CheckFiltersProps {
  filter: Filter;
  checks: readonly ListedCheck[];
  onChange: (part: Partial<Filter>) => void;
}

type Options = readonly (readonly [value: string, label: string])[];

export function CheckFilters({ filter, checks, onChange }: CheckFiltersProps) {
  const { types, tags, locations, groups } = useMemo(() => optionsOf(checks), [checks]);
  const choice = (name: keyof Filter, label: string, options: Options) => <Choice label={label} value={filter[name]} options={options} onChange={(value) => onChange({ [name]: value })} />;
  return (
    <search class="filters">
      <input
        type="search"
        aria-label={t("Search checks")}
        aria-keyshortcuts="/"
        placeholder={t("Search name, target, tag  ( / )")}
        value={filter.search}
        onInput={(event) => onChange({ search: event.currentTarget.value })}
      />
      {types.length > 2 && choice("type", t("Type"), types)}
      {tags.length > 1 && choice("tag", t("Tag"), tags)}
      {locations.length > 2 && choice("location", t("Location"), locations)}
      {choice("group", t("Group"), groups)}
      {choice("sort", t("Order"), orders)}
    </search>
  );
}

const orders: Options = [
  ["", t("Trouble first")],
  ["name", t("By name")],
  ["since", t("Latest change first")],
  ["latency", t("Slowest first")],
  ["uptime", t("Least uptime first")],
];

function optionsOf(checks: readonly ListedCheck[]): Record<"types" | "tags" | "locations" | "groups", Options> {
  const used = new Set(checks.map(({ type }) => type));
  const plain = (values: readonly string[]): Options => values.map((value) => [value, value]);
  const locations = locationsOf(checks);
  const byLocation: Options = locations.length > 1 ? [["location", t("By location")]] : [];
  return {
    types: [["", t("Every type")], ...Object.entries(kindNames).filter(([type]) => used.has(type))],
    tags: [["", t("Every tag")], ...plain(tagsOf(checks))],
    locations: [["", t("Every location")], ...plain(locations)],
    groups: [["", t("No groups")], ["state", t("By state")], ["type", t("By type")], ...byLocation, ...tagNamesOf(checks).map((name) => [`tag:${name}`, t("By tag {name}", { name })] as const)],
  };
}

function Choice({ label, value, options, onChange }: { label: string; value: string; options: Options; onChange: (value: string) => void }) {
  return (
    <select aria-label={label} value={value} class={value ? "is-set" : ""} onChange={(event) => onChange(event.currentTarget.value)}>
      {options.map(([name, text]) => (
        <option key={name} value={name}>
          {text}
        </option>
      ))}
    </select>
  );
}

const densityNames: Record<Density, string> = { comfortable: t("Comfortable rows"), compact: t("Compact rows") };

export function DensityButton() {
  const close = useCell(density);
  const next = densities[(densities.indexOf(close) + 1) % densities.length]!;
  return (
    <button type="button" class="plain density" aria-label={densityNames[next]} title={densityNames[next]} onClick={() => setDensity(next)}>
      <Icon name={close === "compact" ? "rows_compact" : "rows"} />
    </button>
  );
}
