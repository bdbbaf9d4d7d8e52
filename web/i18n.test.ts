import { afterEach, describe, expect, test } from "bun:test";
import { dates, listed, number, plural, rich, speakHere, t } from "./i18n.ts";

const ru = { "Sent to {who}": "Отправлено: {who}", "{count} checks": ["{count} проверка", "{count} проверки", "{count} проверок"], "Open // of an incident": "Открыт" } as const;

afterEach(() => speakHere("en"));

describe("texts by language", () => {
  test("English is what stands in the code, with its parameters", () => {
    expect(t("Sent to {who}", { who: "Ann" })).toBe("Sent to Ann");
    expect(t("{what} stays", {})).toBe("{what} stays");
    expect([1, 2, 1200].map((count) => plural(count, "{count} check", "{count} checks"))).toEqual(["1 check", "2 checks", "1,200 checks"]);
  });

  test("Russian has three forms of a number, and a fraction takes the second", () => {
    speakHere("ru", ru);
    const told = [1, 2, 5, 11, 21, 1.5].map((count) => plural(count, "{count} check", "{count} checks"));
    expect(told).toEqual(["1 проверка", "2 проверки", "5 проверок", "11 проверок", "21 проверка", "1,5 проверки"]);
  });

  test("what a text means is told to the translator, not to the reader", () => {
    expect(t("Open // of an incident")).toBe("Open");
    speakHere("ru", ru);
    expect([t("Open // of an incident"), t("Open // a page")]).toEqual(["Открыт", "Open"]);
  });

  test("elements within a text stand where the language puts them", () => {
    expect(rich("Sent to {who} now", { who: 7 })).toEqual(["Sent to ", 7, " now"]);
    speakHere("ru", ru);
    expect(rich("Sent to {who}", { who: 7 })).toEqual(["Отправлено: ", 7]);
  });

  test("numbers, lists and dates follow the language", () => {
    expect([number(1234.5, 2), listed(["a", "b", "c"])]).toEqual(["1,234.50", "a, b and c"]);
    speakHere("ru");
    expect([number(0.5, 2), listed(["a", "b"]), dates({ month: "long", timeZone: "UTC" }).format(0)]).toEqual(["0,50", "a и b", "январь"]);
  });
});
