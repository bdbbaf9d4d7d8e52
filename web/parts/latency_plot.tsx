/** The drawing with what leads through it: a pointer, or the arrow keys, and a line that says what stands there. */
import { useState } from "preact/hooks";
import type { CheckMark } from "../check_marks.ts";
import { exactTime, latency, minute } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { type Columns, type Instants, toldColumns } from "../latency_data.ts";
import type { LatencyPoint } from "../latency_types.ts";
import { type Shown, TimePlot } from "./time_plot.tsx";

interface LatencyPlotProps {
  columns: Columns;
  range: Instants;
  marks: readonly CheckMark[];
  shown: Shown;
  name: string;
  zoom: { to: (fromMs: number, toMs: number) => void; by: (step: "in" | "out", atMs?: number) => void };
}

export function LatencyPlot({ columns, range, marks, shown, name, zoom }: LatencyPlotProps) {
  const [chosen, setChosen] = useState<number | null>(null);
  const [selection, setSelection] = useState<readonly [number, number] | null>(null);
  const told = toldColumns(columns);
  const place = chosen === null ? told.length - 1 : Math.max(0, told.indexOf(chosen));
  const point = chosen === null ? undefined : columns.points[chosen];
  const msOf = (column: number) => columns.x[column]! * 1000;
  const forget = () => {
    setChosen(null);
    setSelection(null);
  };
  const move = (to: number, isSelecting: boolean) => {
    const next = told[Math.max(0, Math.min(told.length - 1, to))]!;
    setSelection(isSelecting ? [selection?.[0] ?? chosen ?? next, next] : null);
    setChosen(next);
  };
  const onKey = (event: KeyboardEvent) => {
    const isFirst = chosen === null;
    const steps: Record<string, number> = { ArrowLeft: isFirst ? place : place - 1, ArrowRight: isFirst ? place : place + 1, PageUp: place - 10, PageDown: place + 10, Home: 0, End: told.length - 1 };
    const at = chosen === null ? undefined : msOf(chosen);
    if (event.key in steps) move(steps[event.key]!, event.shiftKey && !isFirst);
    else if (event.key === "Enter" && selection) zoom.to(msOf(selection[0]), msOf(selection[1]));
    else if (event.key === "+" || event.key === "=" || (event.key === "Enter" && !selection)) zoom.by("in", at);
    else if (event.key === "-") zoom.by("out", at);
    else if (event.key !== "Escape") return;
    event.preventDefault();
    if (["Enter", "Escape", "+", "=", "-"].includes(event.key)) forget();
  };
  return (
    <>
      <div
        class="plot-area"
        tabIndex={0}
        role="slider"
        aria-label={t("{name} over time: arrow keys move, Shift selects, Enter zooms in, minus zooms out", { name })}
        aria-valuemin={0}
        aria-valuemax={told.length - 1}
        aria-valuenow={place}
        aria-valuetext={point ? textOf(point, msOf(chosen!), marks) : t("nothing chosen")}
        onKeyDown={onKey}
        onBlur={forget}
      >
        <TimePlot columns={columns} range={range} marks={marks} shown={shown} chosen={chosen} selection={selection} onChoose={setChosen} onZoom={zoom.to} onWiden={() => zoom.by("out")} />
      </div>
      <Readout point={point} columns={columns} marks={marks} />
    </>
  );
}

function Readout({ point, columns, marks }: { point: LatencyPoint | undefined; columns: Columns; marks: readonly CheckMark[] }) {
  if (!point) return <p class="readout quiet">{t("Point at the chart, or go through it with the arrow keys. Draw over a part of it to look closer; a double click shows more.")}</p>;
  return (
    <p class="readout">
      <b title={exactTime(point.at)}>{minute(point.at)}</b>
      {figuresOf(point).map(([name, figure]) => (
        <span key={name}>
          <span class={`key key-${name}`}>{name}</span> <b>{figure}</b>
        </span>
      ))}
      <span>{plural(point.count, "{count} run", "{count} runs")}</span>
      {point.down > 0 && <span class="tone-down">{plural(point.down, "{count} failed", "{count} failed")}</span>}
      {marksAt(marks, Date.parse(point.at)).map((name) => (
        <span key={name}>{name}</span>
      ))}
      {point.phases &&
        columns.phases.map(({ key, name }) => (
          <span key={key} class="quiet">
            <span class={`dot phase-${key}`} aria-hidden="true" />
            {name} {latency(point.phases![key])}
          </span>
        ))}
    </p>
  );
}

function figuresOf({ p50Ms, p95Ms, p99Ms }: LatencyPoint): [name: string, figure: string][] {
  return [
    ["p50", latency(p50Ms)],
    ["p95", latency(p95Ms)],
    ["p99", latency(p99Ms)],
  ];
}

function marksAt(marks: readonly CheckMark[], atMs: number): string[] {
  const kinds = new Set(marks.filter(({ fromMs, toMs }) => fromMs <= atMs && toMs > atMs).map(({ kind }) => kind));
  return [...kinds].map((kind) => (kind === "incident" ? t("incident") : t("maintenance")));
}

function textOf(point: LatencyPoint, atMs: number, marks: readonly CheckMark[]): string {
  const failed = point.down > 0 ? [plural(point.down, "{count} failed", "{count} failed")] : [];
  const figures = figuresOf(point).map(([name, figure]) => `${name} ${figure}`);
  return [minute(new Date(atMs).toISOString()), ...figures, plural(point.count, "{count} run", "{count} runs"), ...failed, ...marksAt(marks, atMs)].join(", ");
}
