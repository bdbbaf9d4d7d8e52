/**
 * The checks that a probe worker runs. One that is prepared takes ten times the memory of its message, and a worker may know
 * a hundred thousand: where there are many, those that run seldom are let go and read again when their turn comes.
 */
import { fromBinary } from "@bufbuild/protobuf";
import { CheckSchema, type Check } from "#contracts/uptimeping/config/v1/config_pb";
import { prepareCheck, type PreparedCheck, type RunEnvironment } from "./run.ts";

export interface Runnable {
  prepared: PreparedCheck;
  environment: RunEnvironment;
}

export interface PreparedChecks {
  /** `check` is a config.v1.Check, encoded; a newer version takes the place of the one before. */
  set(no: number, check: Uint8Array): void;
  /** `nowMs` on the monotonic clock. */
  get(no: number, nowMs: number): Runnable;
  delete(no: number): void;
}

interface Known {
  check: Uint8Array;
  runnable: Runnable | undefined;
  usedMs: number;
}

/** However seldom they run. */
const alwaysKept = 10_000;
const seldomMs = 10_000;

export function createPreparedChecks(environmentOf: (check: Check) => RunEnvironment, kept = alwaysKept): PreparedChecks {
  const all = new Map<number, Known>();
  /** Those that can be let go, in the order in which they are looked at. */
  const passing = new Map<number, Known>();

  const prepare = (no: number, known: Known): Runnable => {
    const check = fromBinary(CheckSchema, known.check);
    const runnable = { prepared: prepareCheck(check), environment: environmentOf(check) };
    known.runnable = runnable;
    if (runnable.prepared.probe?.remembers) return runnable;
    passing.set(no, known);
    // Two for one that comes, so that the number shrinks again when many that ran often do so no longer.
    for (let looked = 0; looked < 2 && passing.size > kept; looked++) letGo(known.usedMs);
    return runnable;
  };

  /** The one whose turn it is, unless it has run of late: then its turn comes again. */
  const letGo = (nowMs: number) => {
    const [no, known] = passing.entries().next().value!;
    passing.delete(no);
    if (nowMs - known.usedMs < seldomMs) passing.set(no, known);
    else known.runnable = undefined;
  };

  const forget = (no: number) => {
    all.delete(no);
    passing.delete(no);
  };

  return {
    set(no, check) {
      forget(no);
      all.set(no, { check, runnable: undefined, usedMs: 0 });
    },
    get(no, nowMs) {
      const known = all.get(no)!;
      known.usedMs = nowMs;
      return known.runnable ?? prepare(no, known);
    },
    delete: forget,
  };
}
