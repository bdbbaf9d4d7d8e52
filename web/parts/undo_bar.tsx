/** What a bulk action does, did and could not do, with a way back. It stays through page changes, since the action does. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { bulkRun, changeMany, deleteLeaving, leaving, undoForMs, undoRun, type BulkFailure, type BulkRun } from "../bulk.ts";
import { number, plural, t } from "../i18n.ts";
import { useCell } from "../store.ts";
import { Icon } from "./icon.tsx";

const mostShown = 50;
const tickMs = 250;

export function UndoBar() {
  const run = useCell(bulkRun);
  const going = useCell(leaving);
  return (
    <div class="undo-place">
      {run && !run.isOver && <Progress run={run} />}
      {going.length > 0 && (!run || run.isOver) && <Leaving key={going[0]!.id} many={going.length} />}
      {run?.isOver && <Outcome key={`${run.change.action} ${run.total}`} run={run} />}
    </div>
  );
}

function Progress({ run }: { run: BulkRun }) {
  return (
    <div class="undo-bar" role="status">
      <span>{plural(run.total, "Changing {count} check…", "Changing {count} checks…")}</span>
      {run.total > 1 && <progress value={run.done} max={run.total} aria-label={t("How many are done")} />}
      <span class="number">
        {number(run.done)} / {number(run.total)}
      </span>
    </div>
  );
}

function Leaving({ many }: { many: number }) {
  const keep = () => leaving.set([]);
  return (
    <Timed onEnd={() => void deleteLeaving()}>
      {(seconds) => (
        <>
          <span role="status">{plural(many, "{count} check will be deleted, with its history", "{count} checks will be deleted, with their history")}</span>
          <span class="number quiet" aria-hidden="true">
            {t("in {seconds} s", { seconds })}
          </span>
          <FocusedButton class="small primary" onClick={keep}>
            {t("Undo")}
          </FocusedButton>
        </>
      )}
    </Timed>
  );
}

function Outcome({ run }: { run: BulkRun }) {
  const close = () => bulkRun.set(undefined);
  const done = (
    <span role="status">
      <Icon name={run.failures.length > 0 ? "degraded" : "up"} /> {doneText(run)}
    </span>
  );
  const back = run.undo.length > 0 && (
    <FocusedButton class="small" onClick={() => void undoRun()}>
      {t("Undo")}
    </FocusedButton>
  );
  const dismiss = (
    <button type="button" class="plain small" aria-label={t("Dismiss")} onClick={close}>
      <Icon name="close" />
    </button>
  );
  if (run.failures.length === 0) {
    return (
      <Timed onEnd={close}>
        {() => (
          <>
            {done}
            {back}
            {dismiss}
          </>
        )}
      </Timed>
    );
  }
  return (
    <div class="undo-bar">
      {done}
      {back}
      <button type="button" class="small" onClick={() => void changeMany(run.failures.map(({ id }) => id), run.change)}>
        {t("Try again")}
      </button>
      {dismiss}
      <Failures failures={run.failures} />
    </div>
  );
}

function Failures({ failures }: { failures: readonly BulkFailure[] }) {
  return (
    <details class="undo-failures" open={failures.length <= 5}>
      <summary>{plural(failures.length, "{count} was not changed", "{count} were not changed")}</summary>
      <ul>
        {failures.slice(0, mostShown).map(({ id, name, message }) => (
          <li key={id}>
            <b>{name}</b>: {message}
          </li>
        ))}
      </ul>
      {failures.length > mostShown && <p class="quiet">{t("and {count} more", { count: failures.length - mostShown })}</p>}
    </details>
  );
}

function doneText({ change, changed, total, failures }: BulkRun): string {
  if (changed === 0 && failures.length === 0) return plural(total, "It was so already", "They were so already");
  if (change.action === "pause") return plural(changed, "{count} check paused", "{count} checks paused");
  if (change.action === "resume") return plural(changed, "{count} check resumed", "{count} checks resumed");
  if (change.action === "delete") return plural(changed, "{count} check deleted", "{count} checks deleted");
  return plural(changed, "{count} check changed", "{count} checks changed");
}

/** Counts down, and waits while one stands in it with the keyboard: nobody loses the choice by reading slowly. */
function Timed({ onEnd, children }: { onEnd: () => void; children: (seconds: number) => ComponentChildren }) {
  const bar = useRef<HTMLDivElement>(null);
  const [left, setLeft] = useState(undoForMs);
  useEffect(() => {
    const timer = setInterval(() => {
      if (bar.current?.matches(":has(:focus-visible)")) return;
      setLeft((before) => before - tickMs);
    }, tickMs);
    return () => clearInterval(timer);
  }, []);
  const isOver = left <= 0;
  useEffect(() => {
    if (isOver) onEnd();
  }, [isOver]);
  return (
    <div class="undo-bar" ref={bar}>
      {children(Math.max(0, Math.ceil(left / 1000)))}
    </div>
  );
}

/** The button that was pressed is gone; who works with the keyboard goes on here. */
function FocusedButton({ class: name, onClick, children }: { class: string; onClick: () => void; children: ComponentChildren }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) button.current?.focus({ preventScroll: true });
  }, []);
  return (
    <button type="button" class={name} ref={button} onClick={onClick}>
      {children}
    </button>
  );
}
