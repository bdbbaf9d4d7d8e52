/** Lists are given out page by page. One row more than asked for is read, to know whether another page follows. */
import { invalidField } from "./errors.ts";
import { isId, type IdPrefix } from "./ids.ts";

export interface Page<T> {
  items: T[];
  /** "" on the last page. */
  nextCursor: string;
}

const usualPage = 50;
const largestPage = 200;

/** How many items a page has; a `limit` of 0 stands for a caller who does not say. */
export function pageSize(limit: number): number {
  if (limit === 0) return usualPage;
  if (limit >= 1 && limit <= largestPage) return limit;
  throw invalidField("/limit", `${limit} is not right: a whole number from 1 to ${largestPage}`);
}

/** A cursor that is the id of the last item of the page before; "" for the first page. */
export function idCursor(cursor: string, prefix: IdPrefix): string {
  if (cursor === "" || isId(cursor, prefix)) return cursor;
  throw strangeCursor(cursor);
}

/** `rows` has one more than `size` when another page follows. */
export function pageOf<T>(rows: readonly T[], size: number, cursorOf: (last: T) => string): Page<T> {
  const items = rows.slice(0, size);
  return { items, nextCursor: rows.length > size ? cursorOf(items.at(-1)!) : "" };
}

export function strangeCursor(cursor: string) {
  return invalidField("/cursor", `the cursor ${JSON.stringify(cursor.slice(0, 80))} was not given out by this list: take nextCursor of the page before`);
}
