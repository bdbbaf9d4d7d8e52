/** Where the lines of a long list stand, of which only those near the window exist. There are two heights: of a row, and of a group's head. */
export interface LineHeights {
  check: number;
  group: number;
}

/** The upper edge of each line, and below the last one the height of them all. */
export function topsOf(lines: readonly { kind: "check" | "group" }[], heights: LineHeights): Float64Array {
  const tops = new Float64Array(lines.length + 1);
  for (const [index, { kind }] of lines.entries()) tops[index + 1] = tops[index]! + heights[kind];
  return tops;
}

/** The line at a height, from the first to the last one. */
export function lineAt(tops: Float64Array, y: number): number {
  let low = 0;
  let high = tops.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle]! <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** In steps, so that scrolling by one row draws nothing anew. */
const step = 8;

/** Which lines are to exist for what is seen between two heights: some more on either side. */
export function rangeFor(tops: Float64Array, from: number, to: number): readonly [first: number, last: number] {
  const first = Math.max(0, Math.floor(lineAt(tops, from) / step) * step - step);
  return [first, Math.min(tops.length - 1, Math.ceil((lineAt(tops, to) + 1) / step) * step + step)];
}
