/** Decisions against a model that knows only what people are promised, in counts of runs. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Quorum } from "#ports/quorum";
import { isActive } from "./decide.ts";
import { createMachine, minuteMs, policy, run, type Letter, type Machine } from "../../testing/decide_machine.ts";

/**
 * Every run has the next place in the log; its minute is what the clock says, which may be set back. The model has no log, no streak of
 * causes and no times but minutes. All its locations stay fresh, since they are never silent for two rounds of the others.
 */
interface Place {
  bad: number;
  good: number;
  down: boolean;
  badSince: number;
  errors: Set<string>;
  /** Newest last. */
  changes: boolean[];
  lastBad: boolean;
  flaps: boolean;
}

interface Model {
  runs: number;
  minute: number;
  quorum: Quorum;
  places: Place[];
  /** Whose turn it is. */
  turn: number;
  active: boolean;
  flaps: boolean;
  resolvedAt: number;
  /** A person closed it and no good run has come since. */
  held: boolean;
  errors: Set<string>;
  critical: boolean;
  incidents: number;
  told: string;
}

const newPlace = (): Place => ({ bad: 0, good: 0, down: false, badSince: 0, errors: new Set(), changes: [], lastBad: false, flaps: false });

const neededFor = (model: Model) => {
  const count = model.places.length;
  if (model.quorum === "any") return 1;
  if (model.quorum === "all") return count;
  return model.quorum === "majority" ? [0, 1, 2, 2][count]! : Math.min(model.quorum, count);
};
const enough = (model: Model, is: (place: Place) => boolean) => model.places.filter(is).length >= neededFor(model);

function seeChange(place: Place, bad: boolean): void {
  place.changes = [...place.changes, bad !== place.lastBad].slice(-20);
  place.lastBad = bad;
  const weights = place.changes.map((changed, i) => (changed ? 1.25 - ((place.changes.length - 1 - i) * 0.5) / 19 : 0));
  const percent = weights.reduce((sum, weight) => sum + weight, 0) * 5;
  if (percent <= 20) place.flaps = false;
  if (bad && percent >= 30) place.flaps = true;
}

function beBad(model: Model, place: Place, hash: string, isCritical: boolean): void {
  seeChange(place, true);
  if (place.bad++ === 0 && !place.down) place.badSince = model.minute;
  place.good = 0;
  if (place.bad >= 2) place.down = true;
  const flapped = model.flaps;
  model.flaps = enough(model, (each) => each.flaps);
  if (model.active) return foldInto(model, place, { hash, isCritical, flapped });
  place.errors.add(isCritical ? `!${hash}` : hash);
  const isDown = enough(model, (each) => each.down);
  const startsToFlap = model.flaps && !flapped && !model.held;
  if (!isDown && !startsToFlap) return;
  if (model.held && Math.abs(model.minute - model.resolvedAt) < 10) return void (model.flaps = flapped);
  begin(model, isDown ? startOf(model) : place.badSince, isDown);
}

const startOf = (model: Model) => model.places.filter((each) => each.down).map((each) => each.badSince).sort((a, b) => a - b)[neededFor(model) - 1]!;

function begin(model: Model, since: number, isDown: boolean): void {
  const seen = new Set(model.places.flatMap((each) => [...each.errors]));
  const errors = new Set([...seen].map((error) => error.replace("!", "")));
  const close = model.incidents > 0 && since - model.resolvedAt <= 10 && errors.intersection(model.errors).size > 0;
  const again = model.held || close;
  const critical = isDown && [...seen].some((error) => error.startsWith("!"));
  if (!again) model.incidents++;
  model.told += again ? "r" : "o";
  Object.assign(model, { active: true, held: false, critical: critical || (again && model.critical), errors: again ? model.errors.union(errors) : errors });
  for (const each of model.places) Object.assign(each, { errors: new Set(), good: 0, down: each.down || (!isDown && each.bad > 0) });
}

function foldInto(model: Model, place: Place, { hash, isCritical, flapped }: { hash: string; isCritical: boolean; flapped: boolean }): void {
  model.errors.add(hash);
  const solid = flapped && place.bad === 5 && enough(model, (each) => each.bad >= 5);
  const rises = isCritical && !model.critical && (!model.flaps || solid);
  if (solid) model.told += rises ? "s" : "r";
  else if (model.flaps && !flapped) model.told += "f";
  else if (rises) model.told += "s";
  if (rises) model.critical = true;
}

function beGood(model: Model, place: Place): void {
  seeChange(place, false);
  place.bad = 0;
  if (model.active || (place.down && model.places.length > 1)) {
    if (++place.good >= 2) place.down = false;
  } else place.down = false;
  if (!place.down) Object.assign(place, { errors: new Set(), badSince: 0, ...(!model.active && { good: 0 }) });
  model.flaps &&= enough(model, (each) => each.flaps);
  model.held &&= enough(model, (each) => each.bad > 0);
  if (!model.active || enough(model, (each) => each.down) || place.good < 2 || model.flaps) return;
  for (const each of model.places) each.good = 0;
  Object.assign(model, { active: false, resolvedAt: model.minute, told: `${model.told}x` });
}

function agree(model: Model, real: Machine): void {
  const { incident } = real;
  expect({ active: isActive(incident), incidents: real.incidents, told: real.told, flaps: real.state.flapping, severity: incident?.severity }).toEqual({
    active: model.active,
    incidents: model.incidents,
    told: model.told,
    flaps: model.flaps,
    severity: incident && (model.critical ? "critical" : "warning"),
  });
  if (incident && !model.active) expect(incident.endedAtMs).toBeGreaterThanOrEqual(incident.startedAtMs);
}

/** The next run, at the location whose turn it is. */
function next(model: Model): { place: Place; location: string } {
  model.minute++;
  model.runs++;
  const location = model.turn;
  model.turn = (model.turn + 1) % model.places.length;
  return { place: model.places[location]!, location: `at ${location}` };
}

type Command = fc.Command<Model, Machine>;
const always = () => true;

const bad = (hash: string, letter: "d" | "g"): Command => ({
  check: always,
  run(model, real) {
    const { place, location } = next(model);
    beBad(model, place, hash, letter === "d");
    real.take({ ...run(letter, model.minute, hash, model.runs), location });
    agree(model, real);
  },
  toString: () => `${letter}(${hash})`,
});

const good = (): Command => ({
  check: always,
  run(model, real) {
    const { place, location } = next(model);
    beGood(model, place);
    real.take({ ...run("u", model.minute, "", model.runs), location });
    agree(model, real);
  },
  toString: () => "u",
});

const noEvidence = (kind: "unknown" | "maintenance" | "own outage"): Command => ({
  check: always,
  run(model, real) {
    const { location } = next(model);
    const facts = { maintenance: kind === "maintenance" ? "mnt_1" : "", isOwnOutage: kind === "own outage" };
    real.take({ ...run(kind === "unknown" ? "n" : "d", model.minute, "z", model.runs), location }, facts);
    agree(model, real);
  },
  toString: () => kind,
});

const replay = (letter: Letter, back: number): Command => ({
  check: (model) => model.runs > model.places.length * (back + 1),
  run(model, real) {
    // The place of an earlier run at the location whose turn it is.
    const sequence = model.runs + 1 - model.places.length * (back + 1);
    expect(real.take({ ...run(letter, model.minute + 1, "again", sequence), location: `at ${model.turn}` })).toBe("already_seen");
    agree(model, real);
  },
  toString: () => `replay ${letter} -${back}`,
});

const clockMoves = (minutes: number): Command => ({
  check: always,
  run: (model) => void (model.minute += minutes),
  toString: () => `${minutes}m`,
});

const personResolves = (): Command => ({
  check: (model) => model.active,
  run(model, real) {
    for (const each of model.places) Object.assign(each, { good: 0, down: each.down && each.bad > 0, ...(each.bad === 0 && { badSince: 0 }) });
    Object.assign(model, { active: false, held: model.places.some((each) => each.bad > 0), resolvedAt: model.minute, told: `${model.told}p` });
    real.resolveByPerson(model.minute * minuteMs);
    agree(model, real);
  },
  toString: () => "person resolves",
});

const commands = fc.commands<Model, Machine>(
  [
    fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom("d" as const, "g" as const)).map(([hash, letter]) => bad(hash, letter)),
    fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom("d" as const, "g" as const)).map(([hash, letter]) => bad(hash, letter)),
    fc.constant(undefined).map(good),
    fc.constant(undefined).map(good),
    fc.constantFrom("unknown" as const, "maintenance" as const, "own outage" as const).map(noEvidence),
    fc.tuple(fc.constantFrom<Letter>("u", "d", "g"), fc.nat(3)).map(([letter, back]) => replay(letter, back)),
    fc.integer({ min: -90, max: 0 }).map(clockMoves),
    fc.constant(undefined).map(personResolves),
  ],
  { maxCommands: 80, size: "max" },
);

test("any mix of runs, replays, people and a clock that is set back agrees with the model, from one to three locations", () => {
  const shape = fc.record({ locations: fc.integer({ min: 1, max: 3 }), quorum: fc.constantFrom<Quorum>("any", "majority", "all", 1, 2, 7) });
  const property = fc.property(shape, commands, ({ locations, quorum }, steps) => {
    const setup = () => {
      const model: Model = {
        runs: 0, minute: 1_000, quorum, places: Array.from({ length: locations }, newPlace), turn: 0, active: false, flaps: false, resolvedAt: 0,
        held: false, errors: new Set(), critical: false, incidents: 0, told: "",
      };
      const real = createMachine({ ...policy, quorum });
      for (const _ of model.places) good().run(model, real);
      return { model, real };
    };
    fc.modelRun(setup, steps);
  });
  fc.assert(property, { numRuns: Number(process.env["UPTIMEPING_TEST_RUNS"] ?? 1_000) });
});
