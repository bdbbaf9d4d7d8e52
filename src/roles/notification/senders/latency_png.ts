/** A small picture of recent latencies. Mail clients show PNG and no SVG, and a raster of two colours needs no library: zlib is enough. */
import { crc32, deflateSync } from "node:zlib";
import type { Run } from "./sender.ts";

const width = 536;
const height = 96;
const margin = 8;
/** Colours by index: background, line, failed run, base line. Readable on white and on black. */
const palette = [0xf4, 0xf6, 0xf8, 0x25, 0x63, 0xeb, 0xdc, 0x26, 0x26, 0xcb, 0xd5, 0xe1];
const ink = { line: 1, failed: 2, base: 3 };

/** Each run is a point from the left, oldest first; a failed one is a red bar of full height. Empty without runs. */
export function latencyPng(runs: readonly Run[]): Buffer | undefined {
  if (runs.length < 2) return undefined;
  const pixels = new Uint8Array(width * height);
  const highest = Math.max(1, ...runs.map(({ latencyMs }) => finite(latencyMs)));
  const xOf = (index: number) => margin + Math.round((index * (width - 2 * margin - 1)) / (runs.length - 1));
  const yOf = (ms: number) => height - margin - 1 - Math.round((finite(ms) / highest) * (height - 2 * margin - 1));

  line(pixels, { x: margin, y: height - margin - 1 }, { x: width - margin - 1, y: height - margin - 1 }, ink.base);
  let last: { x: number; y: number } | undefined;
  runs.forEach(({ latencyMs, failed }, index) => {
    const point = { x: xOf(index), y: yOf(latencyMs) };
    if (failed) for (const dx of [-1, 0, 1]) line(pixels, { x: point.x + dx, y: margin }, { x: point.x + dx, y: height - margin - 1 }, ink.failed);
    else for (const dy of [0, 1]) line(pixels, { x: (last ?? point).x, y: (last ?? point).y - dy }, { x: point.x, y: point.y - dy }, ink.line);
    // A failed run's latency is a timeout or nothing: the line has a gap there.
    last = failed ? undefined : point;
  });
  return encoded(pixels);
}

const finite = (ms: number): number => (Number.isFinite(ms) && ms > 0 ? ms : 0);

/** Bresenham's line. */
function line(pixels: Uint8Array, from: { x: number; y: number }, to: { x: number; y: number }, colour: number): void {
  const dx = Math.abs(to.x - from.x);
  const dy = -Math.abs(to.y - from.y);
  const [stepX, stepY] = [Math.sign(to.x - from.x), Math.sign(to.y - from.y)];
  let { x, y } = from;
  let error = dx + dy;
  for (;;) {
    if (x >= 0 && x < width && y >= 0 && y < height) pixels[y * width + x] = colour;
    if (x === to.x && y === to.y) return;
    const twice = 2 * error;
    if (twice >= dy) {
      error += dy;
      x += stepX;
    }
    if (twice <= dx) {
      error += dx;
      y += stepY;
    }
  }
}

/** Four colours, two bits a pixel; each row begins with its filter, which is none. */
function encoded(pixels: Uint8Array): Buffer {
  const rowBytes = width / 4;
  const rows = Buffer.alloc(height * (rowBytes + 1));
  pixels.forEach((colour, at) => {
    const x = at % width;
    rows[Math.floor(at / width) * (rowBytes + 1) + 1 + (x >> 2)]! |= colour << (6 - 2 * (x & 3));
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([2, 3, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("PLTE", Buffer.from(palette)), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
