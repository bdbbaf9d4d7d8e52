/** What stands behind the lines of a drawing over time, and the labels below it. */
import type uPlot from "uplot";
import { dates } from "../i18n.ts";
import type { Mark } from "../latency_data.ts";

const clock = dates({ hour: "2-digit", minute: "2-digit" });
const dayAndMonth = dates({ day: "numeric", month: "short" });
const month = dates({ month: "short" });
const year = dates({ year: "numeric" });

/** Times of day, but at midnight, and where a step is a day or more, the date; of months their names, and in January the year. `step` is in seconds. */
export function timeLabels(splits: readonly number[], step: number): string[] {
  return splits.map((seconds) => {
    const at = new Date(seconds * 1000);
    const isMidnight = at.getHours() === 0 && at.getMinutes() === 0;
    if (step >= 27 * 86_400) return (at.getMonth() === 0 ? year : month).format(at);
    return step >= 86_400 || isMidnight ? dayAndMonth.format(at) : clock.format(at);
  });
}

/** An incident is a plain band below a line, maintenance a hatched one below dashes: the colour is not the only difference. */
export function drawMarks(plot: uPlot, marks: readonly Mark[], colour: (name: string, of?: string, opacity?: number) => string): void {
  const { ctx, bbox } = plot;
  const unit = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { kind, fromMs, toMs } of marks) {
    const left = plot.valToPos(fromMs / 1000, "x", true);
    const width = Math.max(2 * unit, plot.valToPos(toMs / 1000, "x", true) - left);
    const isIncident = kind === "incident";
    const name = isIncident ? "--down-bar" : "--maintenance";
    ctx.fillStyle = colour(name, "", isIncident ? 0.14 : 0.1);
    ctx.fillRect(left, bbox.top, width, bbox.height);
    if (!isIncident) hatch(ctx, { left, width, top: bbox.top, height: bbox.height }, colour(name, "", 0.28));
    ctx.fillStyle = colour(name);
    for (let at = 0; at < width; at += isIncident ? width : 9 * unit) ctx.fillRect(left + at, bbox.top, Math.min(width - at, isIncident ? width : 6 * unit), 4 * unit);
  }
  ctx.restore();
}

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

function hatch(ctx: CanvasRenderingContext2D, { left, top, width, height }: Box, colour: string): void {
  const gap = 9 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (let x = left - height; x < left + width; x += gap) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
}
