/** How many tiles a wall screen has, and how large: as large as can be while all of them are seen, but never too small to read from four metres. */
export interface WallGrid {
  columns: number;
  rows: number;
  /** How many checks have a tile; the others are one last tile together. */
  shown: number;
}

/** Pixels of a tile below which its name cannot be read from across a room, on a screen of 1920 × 1080. */
export const leastTile = { width: 300, height: 150 };
/** A tile that is wider than this many times its height looks like a line, one that is narrower like a tower. */
const bestRatio = 1.9;

export function wallGrid(count: number, width: number, height: number): WallGrid {
  const mostColumns = Math.max(1, Math.floor(width / leastTile.width));
  const mostRows = Math.max(1, Math.floor(height / leastTile.height));
  if (count >= mostColumns * mostRows) {
    const places = mostColumns * mostRows;
    return { columns: mostColumns, rows: mostRows, shown: count === places ? count : places - 1 };
  }
  let best: WallGrid = { columns: 1, rows: 1, shown: count };
  let least = Number.POSITIVE_INFINITY;
  for (let columns = 1; columns <= mostColumns; columns++) {
    const rows = Math.max(1, Math.ceil(count / columns));
    if (rows > mostRows) continue;
    const empty = columns * rows - count;
    const ratio = width / columns / (height / rows) / bestRatio;
    const badness = Math.abs(Math.log(ratio)) + empty / (columns * rows);
    if (badness < least) [best, least] = [{ columns, rows, shown: count }, badness];
  }
  return best;
}

/** Pixels of a letter: a name of two lines, a state and a line below it fit into the tile. */
export function tileText(width: number, height: number): number {
  return Math.round(Math.min(64, Math.max(18, Math.min(height / 6, width / 12))));
}

const driftPx = 6;

/** Where the picture stands in a minute: a few pixels from where it stood, so that no edge burns into the screen. */
export function drift(minute: number): { x: number; y: number } {
  const step = (period: number) => Math.round(driftPx * Math.sin((2 * Math.PI * minute) / period));
  return { x: step(17), y: step(29) };
}
