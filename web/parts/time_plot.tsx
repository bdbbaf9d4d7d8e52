/** A drawing over time on a canvas (uPlot): lines, stacked areas, marks; what is drawn over with the pointer is told. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { latency } from "../format.ts";
import type { Columns, Instants, Mark } from "../latency_data.ts";
import { theme } from "../theme.ts";
import { useCell } from "../store.ts";
import { drawMarks, timeLabels } from "./time_plot_marks.ts";

export interface Shown {
  p50: boolean;
  p95: boolean;
  p99: boolean;
  phases: boolean;
}

interface TimePlotProps {
  columns: Columns;
  range: Instants;
  marks: readonly Mark[];
  shown: Shown;
  /** The column that is pointed at, by whatever means. */
  chosen: number | null;
  /** Chosen by keyboard, between two columns. */
  selection: readonly [number, number] | null;
  onChoose: (column: number | null) => void;
  onZoom: (fromMs: number, toMs: number) => void;
  onWiden: () => void;
}

/** Shorter strokes are clicks. */
const shortestDragPx = 6;
const heightOf = (width: number) => (width < 500 ? 220 : 280);

export function TimePlot(props: TimePlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const newest = useRef(props);
  newest.current = props;
  const look = useCell(theme);
  const { columns, range, marks, shown, chosen, selection } = props;
  const layers = columns.phases.map(({ key }) => key).join();
  useEffect(() => {
    const box = host.current!;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(box, newest), dataOf(newest.current), box);
    };
    make();
    const sized = new ResizeObserver(() => plot.current!.width !== box.clientWidth && plot.current!.setSize({ width: box.clientWidth, height: heightOf(box.clientWidth) }));
    sized.observe(box);
    // Colours are drawn, so they do not follow by themselves.
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", make);
    return () => {
      sized.disconnect();
      system.removeEventListener("change", make);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [layers, look]);
  useEffect(() => plot.current?.setData(dataOf(props), true), [columns, range.fromMs, range.toMs]);
  useEffect(() => {
    for (const [index, isShown] of showing(columns, shown).entries()) plot.current?.setSeries(index + 1, { show: isShown });
  }, [shown, layers, look]);
  useEffect(() => plot.current?.redraw(false), [marks]);
  useEffect(() => pointAt(plot.current, columns, chosen), [chosen]);
  useEffect(() => select(plot.current, columns, selection), [selection]);
  return <div ref={host} class="time-plot" />;
}

function dataOf({ columns }: TimePlotProps): uPlot.AlignedData {
  const { p50, p95, p99 } = columns.quantiles;
  return [columns.x, ...columns.phases.map(({ top }) => top), p99, p95, p50];
}

/** In the order of the data. */
function showing({ phases }: Columns, shown: Shown): boolean[] {
  return [...phases.map(() => shown.phases), shown.p99, shown.p95, shown.p50];
}

function optionsOf(box: HTMLElement, newest: { current: TimePlotProps }): uPlot.Options {
  const { columns, shown } = newest.current;
  const colour = coloursOf(box);
  const isShown = showing(columns, shown);
  const areas = columns.phases.map(({ key }, index) => ({ show: isShown[index]!, width: 0, fill: colour("--phase", `phase-${key}`, 0.5), stroke: colour("--phase", `phase-${key}`), points: { show: false } }));
  const line = (name: "p50" | "p95" | "p99", width: number, dash?: number[]) => ({ show: shown[name], stroke: colour(`--${name}`), width, ...(dash && { dash }), points: { size: 4, fill: colour(`--${name}`) } });
  const axis = { stroke: colour("--quiet"), font: `12px ${getComputedStyle(box).fontFamily}`, ticks: { show: false } };
  return {
    width: box.clientWidth,
    height: heightOf(box.clientWidth),
    legend: { show: false },
    padding: [12, 8, 0, 0],
    scales: { x: { time: true, range: () => secondsOf(newest.current.range) }, y: { range: (_plot, _least, most) => [0, (most || 1) * 1.05] } },
    axes: [
      { ...axis, grid: { show: false }, space: 72, values: (_plot, splits, _axis, _space, step) => timeLabels(splits, step) },
      { ...axis, grid: { stroke: colour("--line"), width: 1 }, size: 62, space: 44, values: (_plot, splits) => splits.map((ms) => latency(ms)) },
    ],
    series: [{}, ...areas, line("p99", 1.25, [2, 3]), line("p95", 1.5, [6, 4]), line("p50", 2)],
    // Each area ends where the one below it begins.
    bands: areas.slice(1).map((_, index) => ({ series: [index + 2, index + 1] as [number, number] })),
    cursor: { y: false, drag: { x: true, y: false, setScale: false, dist: shortestDragPx }, points: { size: 7 }, bind: { dblclick: () => () => (newest.current.onWiden(), null) } },
    hooks: {
      drawClear: [(plot) => drawMarks(plot, newest.current.marks, colour)],
      draw: [(plot) => drawFailures(plot, newest.current.columns, colour("--down-bar"))],
      setCursor: [(plot) => newest.current.onChoose(plot.cursor.idx ?? null)],
      setSelect: [(plot) => taken(plot, newest.current)],
    },
  };
}

function secondsOf({ fromMs, toMs }: Instants): [number, number] {
  return [fromMs / 1000, toMs / 1000];
}

/** Ends a stroke of the pointer; one that was made by keyboard is not ended here. */
function taken(plot: uPlot, { onZoom }: TimePlotProps): void {
  const { left, width } = plot.select;
  if (width < shortestDragPx) return;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onZoom(plot.posToVal(left, "x") * 1000, plot.posToVal(left + width, "x") * 1000);
}

function pointAt(plot: uPlot | null, { x }: Columns, chosen: number | null): void {
  if (!plot || chosen === (plot.cursor.idx ?? null)) return;
  plot.setCursor(chosen === null ? { left: -10, top: -10 } : { left: plot.valToPos(x[chosen]!, "x"), top: 10 }, false);
}

function select(plot: uPlot | null, { x }: Columns, selection: readonly [number, number] | null): void {
  if (!plot) return;
  const [from, to] = selection ?? [0, 0];
  const [left, right] = [from, to].map((column) => plot.valToPos(x[column] ?? 0, "x")).toSorted((a, b) => a - b);
  plot.setSelect(selection ? { left: left!, top: 0, width: right! - left!, height: plot.over.clientHeight } : { left: 0, top: 0, width: 0, height: 0 }, false);
}

/** Short strokes at the bottom: where runs failed there is no latency to draw. */
function drawFailures({ ctx, bbox, valToPos }: uPlot, { x, points }: Columns, colour: string): void {
  const { devicePixelRatio: unit } = window;
  ctx.save();
  ctx.fillStyle = colour;
  for (const [index, point] of points.entries()) {
    if (!point || point.down === 0) continue;
    ctx.fillRect(Math.round(valToPos(x[index]!, "x", true) - unit), bbox.top + bbox.height - 14 * unit, 2 * unit, 14 * unit);
  }
  ctx.restore();
}

/** The sheet's colours as the canvas takes them, in the look that is shown now. */
function coloursOf(box: HTMLElement): (name: string, of?: string, opacity?: number) => string {
  return (name, of = "", opacity = 1) => {
    const probe = document.createElement("i");
    probe.className = of;
    probe.style.color = ["color-mix(in", "srgb,", `var(${name})`, `${opacity * 100}%,`, "transparent)"].join(" ");
    box.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}
