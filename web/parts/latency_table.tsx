/** The chart as a table, for whoever reads it or takes it along. */
import { useState } from "preact/hooks";
import { exactTime, latency, minute } from "../format.ts";
import { number, t } from "../i18n.ts";
import { phaseNames } from "../chart.ts";
import type { Latency } from "../latency_types.ts";
import { ScrollTable } from "./scroll_table.tsx";

export function LatencyTable({ data, name }: { data: Latency; name: string }) {
  const [open, setOpen] = useState(false);
  const phases = phaseNames.filter(([key]) => data.points.some((point) => (point.phases?.[key] ?? 0) > 0));
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("As a table")}</summary>
      {open && (
        <ScrollTable label={t("{name} as a table", { name })} tall columns={[t("Time"), t("Runs"), t("Failed"), "p50", "p95", "p99", t("Longest"), ...phases.map(([, phase]) => phase)]}>
          {data.points.map((point) => (
            <tr key={point.at}>
              <th scope="row" class="nowrap" title={exactTime(point.at)}>
                {minute(point.at)}
              </th>
              <td class="number">{number(point.count)}</td>
              <td class="number">{number(point.down)}</td>
              <td class="number">{latency(point.p50Ms)}</td>
              <td class="number">{latency(point.p95Ms)}</td>
              <td class="number">{latency(point.p99Ms)}</td>
              <td class="number">{latency(point.maxMs)}</td>
              {phases.map(([key]) => (
                <td key={key} class="number">
                  {latency(point.phases?.[key])}
                </td>
              ))}
            </tr>
          ))}
        </ScrollTable>
      )}
    </details>
  );
}
