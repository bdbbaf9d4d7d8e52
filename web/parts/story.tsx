/** The timeline of an incident: every decision with its reason, and every message with its fate, in the order in which they happened. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { exactTime, span, time } from "../format.ts";
import { rich, t } from "../i18n.ts";
import { usePersonName } from "../people.ts";
import { entryName, whyDecided } from "../reasons.ts";
import { keepInAddress, place } from "../router.ts";
import { useNow } from "../store.ts";
import type { Happening } from "../story.ts";
import type { Notification, TimelineEntry } from "../types.ts";
import { Message } from "./message.tsx";
import { Card } from "./page.tsx";
import { Tabs } from "./tabs.tsx";

const shown = [
  ["", t("All")],
  ["decisions", t("Decisions")],
  ["messages", t("Messages")],
] as const;

const entryTones: Record<string, string> = {
  opened: "down",
  reopened: "down",
  cause_added: "down",
  severity_raised: "down",
  solid_outage: "down",
  location_down: "down",
  unsuppressed: "down",
  acknowledged: "degraded",
  flapping: "degraded",
  location_recovered: "up",
  resolved: "up",
  maintenance: "maintenance",
};
const messageTones: Record<Notification["state"], string> = { sent: "up", dead: "down", waiting: "pending", sending: "pending", held: "pending", skipped: "paused" };

interface StoryProps {
  /** Of the incident. */
  startedAt: string;
  happenings: readonly Happening[];
  /** The messages are known; before that it says nothing of nobody. */
  isWhole: boolean;
  onChange: (message: Notification) => void;
}

export function Story({ startedAt, happenings, isWhole, onChange }: StoryProps) {
  const [show, setShow] = useState(place.get().query.get("show") ?? "");
  const kind = { decisions: "decision", messages: "message" }[show];
  const listed = kind ? happenings.filter((one) => one.kind === kind) : happenings;
  const choose = (next: string) => {
    setShow(next);
    keepInAddress({ show: next });
  };
  return (
    <Card title={t("Timeline")} place="story" aside={<Tabs label={t("Show in the timeline")} choices={shown} value={show} onChange={choose} />}>
      <ol class="timeline">
        {listed.map((one) => (
          <li key={one.key} class={toneOf(one)}>
            <When at={one.at} startedAt={startedAt} />
            <div>{one.kind === "decision" ? <Entry entry={one.entry} /> : <Message message={one.message} onChange={onChange} />}</div>
          </li>
        ))}
      </ol>
      {isWhole && show !== "decisions" && !happenings.some((one) => one.kind === "message") && (
        <p class="quiet">
          {rich("Nobody was told. {link} to be told the next time.", {
            link: (
              <a key="link" href="/channels">
                {t("Look at the channels")}
              </a>
            ),
          })}
        </p>
      )}
    </Card>
  );
}

function When({ at, startedAt }: { at: string; startedAt: string }) {
  const now = useNow();
  const afterMs = Date.parse(at) - Date.parse(startedAt);
  return (
    <span class="when">
      <time class="number" dateTime={at} title={exactTime(at)}>
        {time(at, now)}
      </time>
      {afterMs >= 1_000 && <small title={t("after the first failing run")}>+{span(afterMs)}</small>}
    </span>
  );
}

function Entry({ entry }: { entry: TimelineEntry }) {
  const nameOf = usePersonName();
  const byPerson = entry.actor !== "" && entry.actor !== "system";
  return (
    <>
      <p class="entry-head">
        <b>{entryName(entry.type)}</b> {byPerson && <span class="quiet">{t("by {name}", { name: nameOf(entry.actor) })}</span>}
      </p>
      {entry.reason && !(byPerson && entry.reason === "by_person") && <p class="quiet">{whyDecided(entry.reason)}</p>}
      {entry.message && <p class={byPerson ? "said-by-person" : "seen"}>{byPerson ? entry.message : withLinks(entry.message)}</p>}
    </>
  );
}

/** Decisions name other incidents and maintenance windows by their id, which says nothing to a person. */
function withLinks(message: string): ComponentChildren {
  const text = message.replace(/\bmnt_\w+/, t("a maintenance window"));
  return text.split(/\b(inc_\w+)/).map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <a key={part} href={`/incidents/${part}`}>
        {t("an incident")}
      </a>
    ),
  );
}

function toneOf(one: Happening): string {
  if (one.kind === "message") return ["is-message", `tone-${messageTones[one.message.state] ?? "unknown"}`].join(" ");
  return `tone-${entryTones[one.entry.type] ?? "unknown"}`;
}
