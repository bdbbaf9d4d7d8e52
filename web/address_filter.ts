/** The filter of a list lives in the address: a reload, a shared link and a link to the page itself all show what they say. */
import { useEffect, useState } from "preact/hooks";
import { keepInAddress, place } from "./router.ts";
import { useCell } from "./store.ts";

export type Filter<K extends string> = Record<K, string>;

/** `names` are constant for a page. The function changes some of them; "" takes one away. */
export function useAddressFilter<K extends string>(names: readonly K[]): [filter: Filter<K>, change: (part: Partial<Filter<K>>) => void] {
  const here = useCell(place);
  const [filter, setFilter] = useState(() => read(names));
  useEffect(() => setFilter(read(names)), [here]);
  const change = (part: Partial<Filter<K>>) => {
    const next = { ...filter, ...part };
    setFilter(next);
    keepInAddress(next);
  };
  return [filter, change];
}

/** As when there is no filter. */
export function noFilter<K extends string>(names: readonly K[]): Filter<K> {
  return Object.fromEntries(names.map((name) => [name, ""])) as Filter<K>;
}

function read<K extends string>(names: readonly K[]): Filter<K> {
  const { query } = place.get();
  return Object.fromEntries(names.map((name) => [name, query.get(name) ?? ""])) as Filter<K>;
}
