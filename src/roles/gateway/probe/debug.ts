/** What `debug=true` answers: the probe as a person reads it. */
import { expositionOf, type Gauge } from "./exposition.ts";
import { factsOf } from "./facts.ts";
import type { ProbeRequest, Probed } from "./run_probe.ts";

export function debugText({ module, target, timeoutMs }: ProbeRequest, { result, ok, error }: Probed, gauges: readonly Gauge[]): string {
  const phases = Object.entries(result.phases ?? {}).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  const outcomes = result.assertions.map(({ ok: holds, source, path, op, expectedJson, actualJson }) =>
    [holds ? "ok    " : "failed", source, path, op, expectedJson, "=>", actualJson || "nothing"].filter((part) => part !== "").join(" "),
  );
  const section = (title: string, lines: string[]) => (lines.length === 0 ? "" : `\n${title}:\n${lines.map((line) => `  ${line}`).join("\n")}\n`);
  return [
    `Probe of ${target} with module ${module.name} (${module.prober}), within ${timeoutMs} ms: ${ok ? "success" : "failure"}\n`,
    error ? `${error.kind}: ${error.message}\n` : "",
    section("Phases", phases.map(([name, ms]) => `${name.replace(/Ms$/, "").padEnd(10)} ${ms.toFixed(3)} ms`)),
    section("Assertions", outcomes),
    section("Observed", linesOf(factsOf(result))),
    section("Module", linesOf(module.shown)),
    `\nMetrics that would have been returned:\n${expositionOf(gauges)}`,
  ].join("");
}

function linesOf(value: object): string[] {
  return JSON.stringify(value, null, 2).split("\n");
}
