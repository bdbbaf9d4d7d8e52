/** How everything is, at a glance: one sentence, one bar, and a count of each state that is a filter at the same time. */
import { states, type Filter } from "../check_list.ts";
import { number, plural, t } from "../i18n.ts";
import type { State } from "../types.ts";
import { Icon } from "./icon.tsx";
import { stateName } from "./state_badge.tsx";

interface StateSummaryProps {
  counts: ReadonlyMap<State, number>;
  total: number;
  filter: Filter;
  onChange: (part: Partial<Filter>) => void;
}

export function StateSummary({ counts, total, filter, onChange }: StateSummaryProps) {
  const present = states.filter((state) => counts.get(state));
  return (
    <section class="glance" aria-label={t("States of all checks")}>
      <p class={`glance-text tone-${toneOf(counts)}`}>
        <Icon name={toneOf(counts)} /> <span>{sentenceOf(counts, total)}</span>
      </p>
      <StateBar counts={counts} total={total} />
      <ul class="summary">
        {present.map((state) => (
          <li key={state}>
            <button type="button" class="chip" aria-pressed={filter.state === state} onClick={() => onChange({ state: filter.state === state ? "" : state })}>
              <span class={`state tone-${state}`}>
                <Icon name={state} />
                <span>{stateName(state)}</span>
              </span>
              <b>{number(counts.get(state)!)}</b>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The worst of them, as far as somebody has to do something. */
export function toneOf(counts: ReadonlyMap<State, number>): State {
  return (["down", "degraded", "unknown", "up", "maintenance", "pending"] as const).find((state) => counts.get(state)) ?? "paused";
}

export function sentenceOf(counts: ReadonlyMap<State, number>, total: number): string {
  const down = counts.get("down") ?? 0;
  const troubled = (counts.get("degraded") ?? 0) + (counts.get("unknown") ?? 0);
  const active = total - (counts.get("paused") ?? 0);
  if (active === 1 && down > 0) return t("The one check is down");
  if (down > 0) return plural(down, "{count} of {all} checks is down", "{count} of {all} checks are down", { all: active });
  if (troubled > 0) return plural(troubled, "{count} of {all} checks is not well", "{count} of {all} checks are not well", { all: active });
  if (active === 0) return t("Everything is paused");
  const up = counts.get("up") ?? 0;
  if (up === active) return plural(up, "The one check is up", "All {count} checks are up");
  return plural(up, "{count} of {all} checks is up", "{count} of {all} checks are up", { all: active });
}

function StateBar({ counts, total }: { counts: ReadonlyMap<State, number>; total: number }) {
  // Who is one of a thousand is still to be seen.
  const least = total / 150;
  const shares = states.map((state) => [state, counts.get(state) ? Math.max(least, counts.get(state)!) : 0] as const);
  const whole = shares.reduce((sum, [, share]) => sum + share, 0) || 1;
  let from = 0;
  return (
    <svg class="state-bar" viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      {shares.map(([state, share]) => {
        const [x, width] = [from, (share / whole) * 1000];
        from += width;
        return width > 0 && <rect key={state} x={x} width={Math.max(1, width - 2)} height="8" class={`fill-${state}`} />;
      })}
    </svg>
  );
}
