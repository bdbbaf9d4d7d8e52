/** Uptime over the usual times, each with how much of it was seen at all. */
import { get } from "../api.ts";
import { ratio } from "../format.ts";
import { t } from "../i18n.ts";
import { figuresMs, useLoad, useRefresh } from "../load.ts";
import type { Uptime } from "../types.ts";

const windows = [
  ["24h", t("24 hours")],
  ["7d", t("7 days")],
  ["30d", t("30 days")],
  ["90d", t("90 days")],
  ["365d", t("365 days")],
] as const;

export function Uptimes({ checkId }: { checkId: string }) {
  const loaded = useLoad(checkId, (signal) => Promise.all(windows.map(([window]) => get<Uptime>(`/checks/${checkId}/uptime?window=${window}`, signal))));
  useRefresh(loaded.reload, figuresMs);
  return (
    <dl class="uptimes">
      {windows.map(([window, name], index) => (
        <UptimeFigure key={window} name={name} of={loaded.data?.[index]} />
      ))}
    </dl>
  );
}

/** A figure that rests on half of the runs must not look like one that rests on all. */
function UptimeFigure({ name, of }: { name: string; of: Uptime | undefined }) {
  const coverage = of?.coverage;
  return (
    <div>
      <dt>{t("Uptime, {window}", { window: name })}</dt>
      <dd>{ratio(of?.ratio)}</dd>
      <dd class="coverage">{coverage === null || coverage === undefined ? "\u00a0" : coverage >= 1 ? t("all runs seen") : t("{share} seen", { share: ratio(coverage) })}</dd>
    </div>
  );
}
