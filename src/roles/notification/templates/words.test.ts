import { expect, test } from "bun:test";
import fc from "fast-check";
import type { EventData } from "../event_data.ts";
import { defaultTemplates } from "./defaults.ts";
import { compile } from "./engine.ts";
import { escapes } from "./escapes.ts";
import { titleNames } from "./locales/locale.ts";
import { bodyOf, renderMessage } from "./message.ts";
import { reportOf, titleOf } from "./report.ts";
import { contextOf, sampleContext, sampleData } from "./sample.ts";
import { counted, durationText, localeName, timeText } from "./words.ts";

const atMs = Date.parse("2026-01-31T12:03:20.000Z");
const links = { incident: "https://up.example/i/1", check: null, acknowledge: "https://up.example/ack/(a_b)" };

test("numbers take the plural of their language", () => {
  expect([1, 2, 12].map((n) => counted(n, "checks", "en"))).toEqual(["1 check", "2 checks", "12 checks"]);
  expect([1, 2, 5, 11, 21, 22, 112].map((n) => counted(n, "checks", "ru"))).toEqual([
    "1 проверка",
    "2 проверки",
    "5 проверок",
    "11 проверок",
    "21 проверка",
    "22 проверки",
    "112 проверок",
  ]);
});

test("durations are their two largest units, and times are in the zone asked for", () => {
  expect([0, 999, 200_000, 7_200_000, 100_800_000].map((ms) => durationText(ms, "en"))).toEqual(["0 s", "0 s", "3 min 20 s", "2 h", "1 d 4 h"]);
  expect(durationText(200_000, "ru")).toBe("3 мин 20 с");
  expect(timeText("2026-01-31T12:00:00.000Z")).toBe("2026-01-31 12:00:00 UTC");
  expect(timeText("2026-01-31T12:00:00.000Z", "Europe/Moscow")).toBe("2026-01-31 15:00:00 Europe/Moscow");
  expect(timeText("2026-01-31T12:00:00.000Z", "No/Where")).toBe("2026-01-31 12:00:00 UTC");
  expect(timeText("soon")).toBe("");
});

test("a language that we do not speak is English", () => {
  expect([undefined, "de", "toString", "ru"].map(localeName)).toEqual(["en", "en", "en", "ru"]);
});

test("every event has a title in every language with nothing left to fill in", () => {
  for (const locale of ["en", "ru"] as const) {
    const titles = titleNames.map((type) => titleOf({ type, atMs, data: { ...sampleData, group: { count: 5, items: [] } } }, locale));
    expect(new Set(titles).size).toBe(titleNames.length);
    for (const title of titles) expect(title).not.toMatch(/[{}]|undefined/);
  }
  expect(titleOf({ type: "incidents.grouped", atMs, data: { group: { count: 5, items: [] } } }, "ru")).toBe("Изменилось состояние: 5 проверок");
});

test("a resolved incident says how long it was down, in the words of the language", () => {
  const data: EventData = { ...sampleData, incident: { ...sampleData.incident!, endedAt: "2026-01-31T12:03:20.000Z" }, links };
  const told = { type: "incident.resolved", atMs, data };
  expect(bodyOf(told, { locale: "en", notation: "plain" })).toBe(
    [
      "Error: status 503, expected 200-299",
      "Since: 2026-01-31 12:00:00 UTC",
      "Was down for: 3 min 20 s",
      "Severity: critical",
      "Check: Shop · https://shop.example/health",
      "Failures: 2 failing runs",
      "Open incident: https://up.example/i/1",
      "Acknowledge: https://up.example/ack/(a_b)",
    ].join("\n"),
  );
  expect(bodyOf(told, { locale: "ru", notation: "plain" })).toContain("Не работало: 3 мин 20 с");
  expect(bodyOf(told, { locale: "en", notation: "markdown" })).toContain("[Acknowledge](https://up.example/ack/%28a_b%29)");
  expect(bodyOf(told, { locale: "en", notation: "slack" })).toContain("<https://up.example/i/1|Open incident>");
});

test("a link that is not http is left out", () => {
  const data: EventData = { ...sampleData, links: { ...links, incident: "javascript:alert(1)" } };
  expect(bodyOf({ type: "incident.opened", atMs, data }, { locale: "en", notation: "html" })).not.toContain("javascript");
});

test("a group lists its incidents and counts what it leaves out", () => {
  const item = { title: "Shop is down", incidentId: "i", checkId: "c", checkName: "Shop", state: "open", severity: "critical", reason: "", startedAt: null };
  const data: EventData = { group: { count: 60, items: Array.from({ length: 60 }, () => item) } };
  const lines = bodyOf({ type: "digest", atMs, data }, { locale: "en", notation: "plain" }).split("\n");
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([51, "- Shop is down (critical)", "- and 10 more"]);
});

test("the shipped templates speak the language of the channel", () => {
  const message = { id: "ntf_1", type: "incident.opened", atMs, data: sampleData, locale: "ru", reached: [] };
  expect(renderMessage(defaultTemplates.telegram, message, "telegram")).toStartWith("<b>Shop: не работает</b>\nОшибка: status 503");
});

test("whatever the values are, markdown gains no markup and a header no line", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(escapes.markdown(text).replace(/\\[^\n]/g, "")).not.toMatch(/[`*[\]<>#|~]|@[^\u200b]|@$/);
      expect(escapes.header(text)).not.toMatch(/[\r\n\u2028\u2029\u0000]/);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (name) => {
      const context = contextOf("incident.opened", atMs, { ...sampleData, check: { ...sampleData.check!, name } });
      expect(compile("<b>{{title}}</b>{{body}}").render(context, "html").match(/[<>]/g)).toEqual(["<", ">", "<", ">"]);
    }),
  );
});

test("known escapes of template engines print nothing or are refused", () => {
  const files = ["{% include '/etc/passwd' %}", "{% render /etc/passwd %}", "{{ '/etc/passwd' | read }}", "{{> /etc/passwd}}", "{{#> (lookup . 'x') }}{{/undefined}}"];
  const code = ["{{#with this.constructor}}{{/with}}", "{{this.constructor.name}}", "{{[__proto__].x}}", "{{@root.constructor}}", "{{#each this.__proto__}}x{{/each}}", "{{json (json.constructor)}}"];
  for (const attack of [...files, ...code]) {
    let printed = "";
    try {
      printed = compile(attack).render(sampleContext, "plain");
    } catch {
      continue;
    }
    expect(["", attack], attack).toContain(printed);
  }
  const shadowed = { ...sampleContext, json: "own", eq: "own", if: "own" };
  expect(compile('{{json title}}{{#if (eq "a" "b")}}x{{/if}}').render(shadowed, "json")).toBe('"Shop is down"');
});

test("of a check at several locations a message names those that see it down, and of one alone only what is not home", () => {
  const locationIn = (incident: object, location: string) => {
    const data = { ...sampleData, incident: { ...sampleData.incident!, ...incident }, result: { ...sampleData.result!, location } };
    return reportOf({ type: "incident.opened", atMs, data }, { locale: "en" }).facts.find(({ label }) => label === "Location")?.value;
  };
  expect(locationIn({ locationsDown: ["default", "eu-1"], locationsUp: ["us-1"] }, "eu-1")).toBe("default, eu-1");
  expect(locationIn({ locationsDown: [], locationsUp: ["default", "eu-1"] }, "eu-1")).toBeUndefined();
  expect([locationIn({}, "default"), locationIn({}, "eu-1")]).toEqual([undefined, "eu-1"]);
});
