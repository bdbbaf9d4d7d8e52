/** Runs the checks of its argument, a JSON list, one after the other, and prints what came of them. */
import { tryCheck, type TrialCheck } from "./run_check.ts";

const runs = [];
for (const trial of JSON.parse(process.argv[2]!) as TrialCheck[]) {
  const run = await tryCheck(trial);
  runs.push({ status: run.status, error: run.error, latencyMs: run.latencyMs, tookMs: run.finishedAtMs - run.startedAtMs, observed: run.detail().observed });
}
process.stdout.write(JSON.stringify(runs));
process.exit(0);
