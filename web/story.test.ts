import { expect, test } from "bun:test";
import { firstTold, hasCheck, isFlapping, storyOf, titleOf, whatIsWrong } from "./story.ts";
import type { Incident, Notification, TimelineEntry } from "./types.ts";

const at = (second: number) => new Date(Date.UTC(2026, 9, 1, 0, 0, second)).toISOString();
const entry = (type: string, second: number): TimelineEntry => ({ id: `tml_${type}`, at: at(second), type, actor: "system" });
const message = (id: string, part: Partial<Notification>): Notification => ({
  id,
  incidentId: "inc_1",
  channelId: "chn_1",
  channelName: "Hook",
  channelType: "webhook",
  eventType: "incident.opened",
  state: "sent",
  reason: "delivered",
  createdAt: at(0),
  nextAttemptAt: null,
  sentAt: null,
  lastError: null,
  attempts: [],
  ...part,
});
const incident: Incident = { id: "inc_1", checkId: "chk_1", checkName: "Shop", state: "open", severity: "critical", startedAt: at(0), endedAt: null, openedAt: at(2), acknowledgedAt: null, resolvedAt: null, occurrences: 3 };

test("decisions and messages are one story, and what was decided stands before what was said of it", () => {
  const timeline = [entry("opened", 2), entry("acknowledged", 9)];
  const sent = message("ntf_1", { createdAt: at(2), sentAt: at(2) });
  const slow = message("ntf_2", { createdAt: at(2), sentAt: at(20) });
  const dead = message("ntf_3", { state: "dead", createdAt: at(2), attempts: [{ at: at(5), durationMs: 1, ok: false, answer: "status 500" }] });
  expect(storyOf(timeline, [dead, slow, sent]).map(({ key }) => key)).toEqual(["tml_opened", "ntf_1", "ntf_3", "tml_acknowledged", "ntf_2"]);
});

test("messages of the same moment keep the order in which they were made", () => {
  const newestFirst = [message("ntf_2", {}), message("ntf_1", {})];
  expect(storyOf([], newestFirst).map(({ key }) => key)).toEqual(["ntf_1", "ntf_2"]);
});

test("who was told first is who has it, not who should have it", () => {
  const waiting = message("ntf_1", { state: "waiting", channelName: "Mail" });
  const later = message("ntf_2", { sentAt: at(7), channelName: "Slack" });
  const first = message("ntf_3", { sentAt: at(4) });
  const resolved = message("ntf_4", { sentAt: at(9), eventType: "incident.resolved", channelName: "Mail" });
  expect(firstTold(incident, [resolved, later, waiting, first])).toEqual({ at: at(4), afterMs: 4_000, channels: ["Hook", "Slack"] });
  expect(firstTold(incident, [waiting])).toBeUndefined();
});

test("an incident of the platform itself has a name and no check to go to", () => {
  expect([hasCheck({ checkId: "chk_1" }), hasCheck({ checkId: "" }), hasCheck({ checkId: "platform:late_runs" })]).toEqual([true, false, false]);
  expect(titleOf({ checkId: "platform:late_runs", checkName: "" })).toBe("UptimePing itself: late runs");
  expect(titleOf({ checkId: "", checkName: "" })).toBe("UptimePing itself");
  expect(titleOf({ checkId: "platform:late_runs", checkName: "Runs are late" })).toBe("Runs are late");
});

test("what is wrong is the error that was seen last", () => {
  const cause = (message: string, second: number) => ({ errorHash: message, kind: "http_status", message, firstSeenAt: at(0), lastSeenAt: at(second), occurrences: 1 });
  expect(whatIsWrong({ causes: [cause("status 503", 5), cause("timeout", 8), cause("refused", 2)] })).toBe("timeout");
  expect(whatIsWrong({})).toBe("");
});

test("it flaps until the timeline says that it no longer does", () => {
  expect(isFlapping([entry("opened", 1), entry("flapping", 2), entry("commented", 3)])).toBe(true);
  expect(isFlapping([entry("flapping", 2), entry("flapping_ended", 3)])).toBe(false);
  expect(isFlapping([])).toBe(false);
});
