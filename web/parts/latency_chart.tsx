/** How long answers took: the median and the slow end, where runs failed, and the same as a table. */
import { useRef, useState } from "preact/hooks";
import { get } from "../api.ts";
import { latencyShape } from "../chart.ts";
import { latency, minute } from "../format.ts";
import { figuresMs, useLoad, useRefresh } from "../load.ts";
import type { Latency, LatencyPoint } from "../types.ts";
import { Card, Loading, Trouble } from "./page.tsx";
import { ScrollTable } from "./scroll_table.tsx";

const width = 1000;
const height = 200;

export function LatencyChart({ checkId, window }: { checkId: string; window: string }) {
  const path = `/checks/${checkId}/latency?window=${window}&points=120`;
  const loaded = useLoad(path, (signal) => get<Latency>(path, signal));
  useRefresh(loaded.reload, figuresMs);
  const data = loaded.data;
  const aside = data && (
    <p class="legend">
      <span class="key key-p50">p50 {latency(data.p50Ms)}</span>
      <span class="key key-p95">p95 {latency(data.p95Ms)}</span>
      <span class="quiet">p99 {latency(data.p99Ms)}</span>
    </p>
  );
  return (
    <Card title="Latency" aside={aside}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!data && loaded.loading && <Loading what="the latency" />}
      {data && data.points.length === 0 && <p class="quiet">No results in this window yet.</p>}
      {data && data.points.length > 0 && (
        <>
          <Plot points={data.points} window={window} />
          <PointTable points={data.points} />
        </>
      )}
    </Card>
  );
}

function Plot({ points, window }: { points: readonly LatencyPoint[]; window: string }) {
  const [chosen, setChosen] = useState<number | null>(null);
  const plot = useRef<SVGSVGElement>(null);
  const shape = latencyShape(points, width, height);
  const point = chosen === null ? undefined : points[chosen];
  const move = (event: KeyboardEvent) => {
    const at = chosen ?? points.length;
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: points.length - 1, PageUp: at - 10, PageDown: at + 10 }[event.key];
    if (event.key === "Escape") return setChosen(null);
    if (next === undefined) return;
    event.preventDefault();
    setChosen(Math.max(0, Math.min(points.length - 1, next)));
  };
  const pointAt = (event: PointerEvent) => {
    const box = plot.current!.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * width;
    let nearest = 0;
    for (const index of points.keys()) if (Math.abs(shape.x(index) - x) < Math.abs(shape.x(nearest) - x)) nearest = index;
    setChosen(nearest);
  };
  return (
    <div class="plot">
      <ol class="axis-y" aria-hidden="true">
        {[shape.top, shape.top / 2, 0].map((value) => (
          <li key={value}>{latency(value)}</li>
        ))}
      </ol>
      <div
        class="plot-area"
        tabIndex={0}
        role="slider"
        aria-label={`Latency over ${window}; arrow keys move through time`}
        aria-valuemin={0}
        aria-valuemax={points.length - 1}
        aria-valuenow={chosen ?? points.length - 1}
        aria-valuetext={point ? told(point) : "nothing chosen"}
        onKeyDown={move}
      >
        <svg ref={plot} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true" onPointerMove={pointAt} onPointerLeave={() => setChosen(null)}>
          <path class="grid" d={`M0 0h${width}M0 ${height / 2}h${width}M0 ${height}h${width}`} />
          {shape.failures.map((x) => (
            <path key={x} class="failure" d={`M${x} 0v${height}`} />
          ))}
          <path class="line-p95" d={shape.p95} />
          <path class="line-p50" d={shape.p50} />
          {chosen !== null && <path class="cursor" d={`M${shape.x(chosen)} 0v${height}`} />}
        </svg>
      </div>
      <div class="axis-x" aria-hidden="true">
        <span>{minute(points[0]!.at)}</span>
        <span>{points.length > 1 && minute(points.at(-1)!.at)}</span>
      </div>
      <p class="readout">{point ? told(point) : <span class="quiet">{shape.failures.length > 0 ? "Red lines mark failed runs. " : ""}Point at the chart, or use the arrow keys.</span>}</p>
    </div>
  );
}

function told(point: LatencyPoint): string {
  const failed = point.down > 0 ? `, ${point.down} failed` : "";
  return `${minute(point.at)}: p50 ${latency(point.p50Ms)}, p95 ${latency(point.p95Ms)}, ${point.count} runs${failed}`;
}

function PointTable({ points }: { points: readonly LatencyPoint[] }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {open && (
        <ScrollTable label="Latency as a table" tall columns={["Time", "Runs", "Failed", "p50", "p95", "p99", "Longest"]}>
          {points.map((point) => (
            <tr key={point.at}>
              <th scope="row">{minute(point.at)}</th>
              <td>{point.count}</td>
              <td>{point.down}</td>
              <td>{latency(point.p50Ms)}</td>
              <td>{latency(point.p95Ms)}</td>
              <td>{latency(point.p99Ms)}</td>
              <td>{latency(point.maxMs)}</td>
            </tr>
          ))}
        </ScrollTable>
      )}
    </details>
  );
}
