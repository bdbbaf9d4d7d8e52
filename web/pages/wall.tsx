/**
 * The wall screen: nothing but how everything is, to be read from across a room. What fails stands first and largest in colour; what is
 * well is quiet. It says when it is not live any more, since nobody sits in front of it who would notice. It never flickers, and moves by a
 * few pixels a minute so that nothing burns in.
 */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { countStates, listChecks, narrows, stateOf, type Filter } from "../check_list.ts";
import type { ListedCheck } from "../checks_store.ts";
import { stream } from "../events.ts";
import { coarse, latencyOf } from "../format.ts";
import { dates, number, plural, t } from "../i18n.ts";
import { Icon } from "../parts/icon.tsx";
import { ThemeButton } from "../parts/shell.tsx";
import { stateName } from "../parts/state_badge.tsx";
import { sentenceOf, toneOf } from "../parts/state_summary.tsx";
import { Strip } from "../parts/strip.tsx";
import { useKeys } from "../shortcuts.ts";
import { stateChanges, statuses } from "../statuses.ts";
import { useCell, useEntry, useNow } from "../store.ts";
import { drift, tileText, wallGrid } from "../wall_layout.ts";

const minuteMs = 60_000;

interface WallProps {
  checks: readonly ListedCheck[];
  filter: Filter;
  onLeave: () => void;
}

export function WallScreen({ checks, filter, onLeave }: WallProps) {
  const round = useCell(stateChanges);
  const byId = useMemo(() => new Map(checks.map((check) => [check.id, check])), [checks]);
  const ids = useMemo(() => listChecks(checks, { ...filter, group: "" }, statuses.get).ids, [checks, filter, round]);
  const counts = useMemo(() => countStates(ids.map((id) => byId.get(id)!), statuses.get), [ids, round]);
  const tiles = useRef<HTMLUListElement>(null);
  const size = useSize(tiles);
  const grid = wallGrid(ids.length, size.width, size.height);
  useWholeScreen();
  useDrift();
  useKeys({ Escape: { what: t("Leave the wall screen"), run: onLeave }, f: { what: t("Full screen"), run: toggleFullScreen } });
  useLayoutEffect(() => {
    tiles.current?.style.setProperty("--columns", String(grid.columns));
    tiles.current?.style.setProperty("--rows", String(grid.rows));
    tiles.current?.style.setProperty("--tile-text", `${tileText(size.width / grid.columns, size.height / grid.rows)}px`);
  });
  return (
    <main id="main" class="wall">
      <WallHead text={sentenceOf(counts, ids.length)} tone={toneOf(counts)} filter={filter} onLeave={onLeave} />
      <ul class="tiles" ref={tiles} aria-label={t("Checks")}>
        {ids.slice(0, grid.shown).map((id) => (
          <Tile key={id} check={byId.get(id)!} />
        ))}
        {ids.length > grid.shown && <Rest counts={countStates(ids.slice(grid.shown).map((id) => byId.get(id)!), statuses.get)} many={ids.length - grid.shown} />}
      </ul>
    </main>
  );
}

const clock = dates({ hour: "2-digit", minute: "2-digit" });
const today = dates({ weekday: "long", day: "numeric", month: "long" });

function WallHead({ text, tone, filter, onLeave }: { text: string; tone: string; filter: Filter; onLeave: () => void }) {
  const now = useNow();
  const { search, state, type, tag, location } = filter;
  return (
    <header class={`wall-head tone-${tone}`}>
      <h1 aria-live="polite">
        <Icon name={tone} /> <span>{text}</span>
      </h1>
      {narrows(filter) && <p class="wall-filter">{[state && stateName(state), type, tag, location, search].filter(Boolean).join(" · ")}</p>}
      <WallLive now={now} />
      <div class="wall-controls">
        <ThemeButton />
        {document.fullscreenEnabled && (
          <button type="button" class="plain" aria-label={t("Full screen")} title={t("Full screen")} aria-keyshortcuts="f" onClick={toggleFullScreen}>
            <Icon name="full_screen" />
          </button>
        )}
        <button type="button" class="plain" aria-label={t("Leave the wall screen")} title={t("Leave the wall screen")} aria-keyshortcuts="Escape" onClick={onLeave}>
          <Icon name="close" />
        </button>
      </div>
      <p class="wall-clock">
        <time>{clock.format(now)}</time>
        <small>{today.format(now)}</small>
      </p>
    </header>
  );
}

/** Old data that looks like new is worse than none. */
function WallLive({ now }: { now: number }) {
  const state = useCell(stream);
  const lostAt = useRef<number | undefined>(undefined);
  if (state === "live") lostAt.current = undefined;
  else lostAt.current ??= now;
  if (state !== "lost") return null;
  return (
    <p class="wall-lost" role="alert">
      <Icon name="degraded" /> {t("Not live since {time}", { time: clock.format(lostAt.current ?? now) })}
    </p>
  );
}

function Tile({ check }: { check: ListedCheck }) {
  const status = useEntry(statuses, check.id);
  const state = stateOf(check, status);
  const error = state === "up" ? undefined : status?.lastResult?.error?.message;
  return (
    <li class={`tile tile-${state}`}>
      <a href={`/checks/${check.id}`}>{check.name}</a>
      <p class="tile-state">
        <Icon name={state} /> <span>{stateName(state)}</span> <TileSince since={status?.since} isShown={state !== "up" && state !== "pending"} />
        {state === "up" && <span class="tile-latency">{latencyOf(check.type, status?.lastResult?.latencyMs)}</span>}
      </p>
      {error && <p class="tile-error">{error}</p>}
      <Strip strip={status?.strip ?? ""} />
    </li>
  );
}

function TileSince({ since, isShown }: { since: string | null | undefined; isShown: boolean }) {
  const now = useNow();
  return since && isShown ? <span>{coarse(now - Date.parse(since))}</span> : null;
}

function Rest({ counts, many }: { counts: ReadonlyMap<string, number>; many: number }) {
  return (
    <li class="tile tile-rest">
      <b>{plural(many, "and {count} more check", "and {count} more checks")}</b>
      <p>{[...counts].map(([state, count]) => `${number(count)} ${stateName(state)}`).join(", ")}</p>
    </li>
  );
}

function useSize(of: { current: HTMLElement | null }) {
  const [size, setSize] = useState({ width: innerWidth, height: innerHeight - 120 });
  useLayoutEffect(() => {
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = of.current!;
      setSize((before) => (before.width === width && before.height === height ? before : { width, height }));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(of.current!);
    measure();
    return () => observer.disconnect();
  }, []);
  return size;
}

/** The frame of the dashboard goes, and the screen stays on where the browser allows it. */
function useWholeScreen(): void {
  useLayoutEffect(() => {
    document.documentElement.dataset["view"] = "wall";
    document.title = `${t("Wall screen")} · UptimePing`;
    const keepOn = () => void navigator.wakeLock?.request("screen").catch(() => undefined);
    const again = () => document.hidden || keepOn();
    keepOn();
    document.addEventListener("visibilitychange", again);
    return () => {
      document.removeEventListener("visibilitychange", again);
      delete document.documentElement.dataset["view"];
      if (document.fullscreenElement) void document.exitFullscreen();
    };
  }, []);
}

function useDrift(): void {
  const minute = Math.floor(useNow() / minuteMs);
  useLayoutEffect(() => {
    const { x, y } = drift(minute);
    document.documentElement.style.setProperty("--drift-x", `${x}px`);
    document.documentElement.style.setProperty("--drift-y", `${y}px`);
  }, [minute]);
}

function toggleFullScreen(): void {
  void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => undefined);
}
