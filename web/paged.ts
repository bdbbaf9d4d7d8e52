/** A list that comes a page at a time, newest first, and is kept live by what the stream says of its items. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, type Problem } from "./api.ts";
import { useDoing, useLoad } from "./load.ts";
import type { List } from "./types.ts";

export interface Paged<T> {
  /** Undefined until the first page is there. */
  items: readonly T[] | undefined;
  loading: boolean;
  error: Problem | undefined;
  /** There are older ones. */
  more: boolean;
  loadMore: () => void;
  reload: () => void;
  /** Takes the place of the item with its id, or comes on top. */
  put: (item: T) => void;
}

/** `path` is the list with its filters; null is an empty list. */
export function usePaged<T extends { id: string }>(path: string | null): Paged<T> {
  const first = useLoad(path, (signal) => get<List<T>>(path!, signal));
  const [older, setOlder] = useState<Older<T>>({ path, items: [] });
  const doing = useDoing();
  const shownPath = useRef(path);
  shownPath.current = path;

  const isSame = older.path === path;
  const cursor = isSame && older.cursor !== undefined ? older.cursor : (first.data?.nextCursor ?? null);
  const loadMore = () =>
    void doing.run(async () => {
      if (!path || !cursor) return;
      const page = await get<List<T>>(`${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor)}`);
      if (shownPath.current === path) setOlder({ path, items: [...(isSame ? older.items : []), ...page.items], cursor: page.nextCursor });
    });
  const reload = useCallback(() => {
    setOlder({ path: shownPath.current, items: [] });
    first.reload();
  }, []);
  const olderNow = useRef(older);
  olderNow.current = older;
  const put = useCallback((item: T) => {
    const replaced = (items: readonly T[]) => items.map((one) => (one.id === item.id ? item : one));
    const isIn = (items: readonly T[]) => items.some((one) => one.id === item.id);
    if (isIn(olderNow.current.items)) setOlder((before) => ({ ...before, items: replaced(before.items) }));
    else first.set((before) => before && { ...before, items: isIn(before.items) ? replaced(before.items) : [item, ...before.items] });
  }, []);

  return {
    items: path === null ? [] : first.data && distinct([...first.data.items, ...(isSame ? older.items : [])]),
    loading: first.loading || doing.busy,
    error: first.error ?? doing.problem,
    more: path !== null && cursor !== null,
    loadMore,
    reload,
    put,
  };
}

interface Older<T> {
  path: string | null;
  items: readonly T[];
  /** Undefined while no older page was read. */
  cursor?: string | null;
}

const wantedAtLeast = 20;
const mostPages = 10;

/** A filter that the server does not know may leave little of a page: then older ones are read, up to a bound. */
export function useFill({ loading, error, more, loadMore, items }: Omit<Paged<unknown>, "put">, shown: number, key: string): void {
  const round = useRef({ key, pages: 0 });
  if (round.current.key !== key) round.current = { key, pages: 0 };
  useEffect(() => {
    if (loading || error || !more || shown >= wantedAtLeast || round.current.pages >= mostPages) return;
    round.current.pages++;
    loadMore();
  }, [loading, more, shown, key, items?.length]);
}

function distinct<T extends { id: string }>(items: readonly T[]): T[] {
  return [...new Map(items.toReversed().map((item) => [item.id, item])).values()].reverse();
}
