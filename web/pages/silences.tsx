/** What is not told for a while: now, later, and what was. */
import { useState } from "preact/hooks";
import type { Silence } from "../alert_types.ts";
import { getAll, post, remove } from "../api.ts";
import { exactTime, minute, span } from "../format.ts";
import { t } from "../i18n.ts";
import { figuresMs, useDoing, useLoad, useRefresh } from "../load.ts";
import { matcherText } from "../matcher_draft.ts";
import { announce } from "../parts/announce.tsx";
import { ConfirmButton } from "../parts/confirm.tsx";
import { MutedChecks } from "../parts/covered_checks.tsx";
import { NewLink } from "../parts/new_link.tsx";
import { Empty, Loading, Page, Trouble } from "../parts/page.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import { usePersonName } from "../people.ts";
import { useMayEdit } from "../rights.ts";
import { useNow } from "../store.ts";
import type { Check, Matcher } from "../types.ts";

const groups = [
  ["active", t("Active")],
  ["pending", t("To come")],
  ["expired", t("Over")],
] as const;

export function SilencesPage() {
  const loaded = useLoad("silences", (signal) => getAll<Silence>("/silences", signal));
  useRefresh(loaded.reload, figuresMs);
  const namesChecks = loaded.data?.some(({ matchers }) => matchers.some(({ label }) => label === "checkId")) ?? false;
  const checks = useLoad(namesChecks ? "checks" : null, (signal) => getAll<Check>("/checks", signal));
  const names = new Map(checks.data?.map(({ id, name }) => [id, name]));
  const mayEdit = useMayEdit();
  return (
    <Page title={t("Silences")} actions={<NewLink to="/silences/new" label={t("New silence")} />}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!loaded.data && loaded.loading && <Loading what={t("the silences")} />}
      {loaded.data?.length === 0 && (
        <Empty title={t("Nothing is silenced")}>
          <p>{t("While a silence lasts, nobody is told of what it fits. Checks run and incidents open as always, and what is still open when it ends is told then.")}</p>
          {mayEdit && (
            <a class="button primary" href="/silences/new">
              {t("Make a silence")}
            </a>
          )}
        </Empty>
      )}
      {groups.map(([state, title]) => (
        <Group key={state} title={title} silences={(loaded.data ?? []).filter((one) => one.state === state)} names={names} onChange={loaded.reload} />
      ))}
    </Page>
  );
}

interface GroupProps {
  title: string;
  silences: readonly Silence[];
  /** Of checks, by id. */
  names: ReadonlyMap<string, string>;
  onChange: () => void;
}

function Group({ title, silences, names, onChange }: GroupProps) {
  if (silences.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul class="cards">
        {silences.map((silence) => (
          <SilenceRow key={silence.id} silence={silence} what={silence.matchers.map((matcher) => namedText(matcher, names)).join(t(" and "))} onChange={onChange} />
        ))}
      </ul>
    </section>
  );
}

/** A check is known by its name. */
function namedText(matcher: Matcher, names: ReadonlyMap<string, string>): string {
  const name = matcher.label === "checkId" && matcher.op === "eq" ? names.get(String(matcher.value)) : undefined;
  return name ?? matcherText(matcher);
}

function SilenceRow({ silence, what, onChange }: { silence: Silence; what: string; onChange: () => void }) {
  const doing = useDoing();
  const mayEdit = useMayEdit();
  const nameOf = usePersonName();
  const end = () =>
    void doing.run(async () => {
      await post(`/silences/${silence.id}/end`);
      announce(t("The silence has ended."));
      onChange();
    });
  return (
    <li class={`channel edge-${silence.state === "active" ? "maintenance" : "paused"}`}>
      <div class="grow">
        <strong>{what}</strong>
        <p>
          <When silence={silence} />
        </p>
        <p class="quiet">
          {t("{comment}, by {name}", { comment: silence.comment, name: nameOf(silence.createdBy) })}
        </p>
        {silence.state !== "expired" && <Covered silence={silence} />}
        <Trouble problem={doing.problem} />
      </div>
      {mayEdit && (
        <div class="actions">
          {silence.state === "expired" ? (
            <ConfirmButton
              label={t("Delete")}
              question={t("Delete the silence of {what}?", { what })}
              detail={t("What it muted stays in the list of messages.")}
              action={async () => {
                await remove(`/silences/${silence.id}`);
                announce(t("The silence is deleted."));
                onChange();
              }}
            />
          ) : (
            <button type="button" disabled={doing.busy} onClick={end}>
              {silence.state === "active" ? t("End now") : t("Call off")}
            </button>
          )}
        </div>
      )}
    </li>
  );
}

function When({ silence: { state, startsAt, endsAt } }: { silence: Silence }) {
  const now = useNow();
  if (state === "active") {
    return (
      <span title={exactTime(endsAt)}>
        <Elapsed share={(now - Date.parse(startsAt)) / (Date.parse(endsAt) - Date.parse(startsAt))} />
        <StateBadge state="maintenance" label={t("silent")} /> {t("for another {span}, until {end}", { span: span(Date.parse(endsAt) - now), end: minute(endsAt) })}
      </span>
    );
  }
  return (
    <span class={state === "expired" ? "quiet" : ""} title={exactTime(startsAt)}>
      {t("{start} to {end}", { start: minute(startsAt), end: minute(endsAt) })}
    </span>
  );
}

/** How much of it is over; the words beside it say how long is left. */
function Elapsed({ share }: { share: number }) {
  return (
    <svg class="elapsed" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect class="fill-none" width="100" height="4" />
      <rect class="fill-maintenance" width={Math.min(100, Math.max(1, share * 100))} height="4" />
    </svg>
  );
}

/** Asked when somebody wants to know. */
function Covered({ silence }: { silence: Silence }) {
  const [opened, setOpened] = useState(false);
  return (
    <details class="more" onToggle={(event) => event.currentTarget.open && setOpened(true)}>
      <summary>{t("Which checks")}</summary>
      {opened && <MutedChecks matchers={silence.matchers} />}
    </details>
  );
}
