import { expect, test } from "bun:test";
import { deadByChannel, fits } from "./message_list.ts";
import type { Notification } from "./types.ts";

const all = { state: "", channelId: "", eventType: "", since: "", incidentId: "", id: "" };
const now = Date.parse("2026-10-01T12:00:00.000Z");
const message = (id: string, part: Partial<Notification> = {}): Notification => ({
  id,
  incidentId: "inc_1",
  channelId: "chn_1",
  channelName: "Hook",
  channelType: "webhook",
  eventType: "incident.opened",
  state: "sent",
  reason: "delivered",
  createdAt: "2026-10-01T11:30:00.000Z",
  nextAttemptAt: null,
  sentAt: null,
  lastError: null,
  attempts: [],
  ...part,
});

test("every filter takes away what does not fit", () => {
  const kept = (part: Partial<typeof all>, of: Partial<Notification>) => fits(message("ntf_1", of), { ...all, ...part }, now);
  expect(kept({}, {})).toBe(true);
  expect([kept({ state: "held" }, { state: "held" }), kept({ state: "held" }, {})]).toEqual([true, false]);
  expect([kept({ channelId: "chn_1" }, {}), kept({ channelId: "chn_2" }, {})]).toEqual([true, false]);
  expect([kept({ eventType: "digest" }, { eventType: "digest" }), kept({ eventType: "digest" }, {})]).toEqual([true, false]);
  expect([kept({ incidentId: "inc_1" }, {}), kept({ incidentId: "inc_1" }, { incidentId: null })]).toEqual([true, false]);
  expect([kept({ since: "1h" }, {}), kept({ since: "1h" }, { createdAt: "2026-10-01T10:59:00.000Z" }), kept({ since: "ever" }, {})]).toEqual([true, false, true]);
});

test("what is being sent at this moment still waits for its answer", () => {
  expect(fits(message("ntf_1", { state: "sending" }), { ...all, state: "waiting" }, now)).toBe(true);
});

test("a grouped message is found with all that it carries", () => {
  const filter = { ...all, id: "ntf_1" };
  expect([message("ntf_1"), message("ntf_2", { groupedInto: "ntf_1" }), message("ntf_3")].map((one) => fits(one, filter, now))).toEqual([true, true, false]);
});

test("the dead of a channel are sent again in the order in which they were made", () => {
  const newestFirst = [message("ntf_4", { state: "dead", channelId: "chn_2", channelName: "" }), message("ntf_3", { state: "dead" }), message("ntf_2"), message("ntf_1", { state: "dead" })];
  expect(deadByChannel(newestFirst).map(({ channelName, messages }) => [channelName, messages.map(({ id }) => id)])).toEqual([
    ["Hook", ["ntf_1", "ntf_3"]],
    ["chn_2", ["ntf_4"]],
  ]);
});
