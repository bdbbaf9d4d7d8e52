import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { entryName, eventName, whyChosen, whyDecided, whyOfMessage } from "./reasons.ts";

const roles = join(import.meta.dir, "../src/roles");

test("every named reason of a decision has its sentence", () => {
  const decide = readFileSync(join(roles, "incident/decide.ts"), "utf8");
  const unions = [...decide.matchAll(/export type (?:Reason|Wait) =([^;]+);/g)].map((found) => found[1]);
  const reasons = [...unions.join("").matchAll(/"(\w+)"/g)].map((found) => found[1]!);
  expect(reasons.length).toBeGreaterThan(8);
  expect(reasons.filter((reason) => whyDecided(reason) === fallback(reason))).toEqual([]);
});

test("every reason that is written into the ledger has its sentence", () => {
  const folder = join(roles, "notification");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts") && !file.includes("test") && !file.includes("sample"));
  const text = files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
  const reasons = new Set([...text.matchAll(/\breason: "([a-z_]+)"/g)].map((found) => found[1]!));
  expect(reasons.size).toBeGreaterThan(8);
  expect([...reasons].filter((reason) => whyOfMessage(reason) === fallback(reason))).toEqual([]);
});

test("every reason that the ledger itself gives has its sentence", () => {
  const folder = join(import.meta.dir, "../src/adapters/sqlite");
  const text = readdirSync(folder).filter((file) => /^ledger.*\.ts$/.test(file) && !file.includes("test")).map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
  const reasons = new Set([...text.matchAll(/\breason(?: =|:) ["']([a-z_]+)["']|"(held_\w+)"|\? "([a-z_]+)" : reason/g)].map((found) => (found[1] ?? found[2] ?? found[3])!));
  expect([...reasons]).toContain("held_by_rate_limit");
  expect(reasons.size).toBeGreaterThan(8);
  expect([...reasons].filter((reason) => whyOfMessage(reason) === fallback(reason))).toEqual([]);
  expect(whyOfMessage("escalation_step_2")).toBe("Nobody has acknowledged it: step 2 of its escalation.");
});

test("a reason, an entry or an event that nobody has written a sentence for is shown as words", () => {
  expect(whyDecided("moon_was_full")).toBe("Moon was full.");
  expect(whyOfMessage("moon_was_full")).toBe("Moon was full.");
  expect(whyOfMessage("")).toBe("");
  expect(entryName("moon_rose")).toBe("Moon rose");
  expect(eventName("incident.forgotten")).toBe("Incident forgotten");
});

function fallback(reason: string): string {
  const text = reason.replaceAll("_", " ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

test("why a channel was chosen is told in sentences, also where the server says more than a name", () => {
  const said = ['route "Prod"', 'route "Prod" names no channel', 'stands in for "Chat": status 500', "sil_1: deploy v1.2", "it was told of the incident before", 'route "Prod", but it is disabled or gone', "muted_by_silence", "something new"];
  expect(said.map(whyChosen)).toEqual([
    "Route “Prod”.",
    "Route “Prod” names no channel.",
    "It stands in for “Chat”: status 500",
    "Silence: “deploy v1.2”.",
    "It was told of the incident before.",
    "Route “Prod”. It is turned off or deleted.",
    "A silence covers it.",
    "something new",
  ]);
});
