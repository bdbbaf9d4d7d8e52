/** Everything that can be said of the code without running it. */
import { run } from "./run.ts";

const steps: [string, string[]][] = [
  ["types", ["bun", "check"]],
  ["lint", ["oxlint", "--type-aware"]],
  ["imports", ["bun", "scripts/lint_imports.ts"]],
  ["unused", ["knip"]],
  ["contracts", ["bun", "scripts/gen.ts", "--check"]],
];

let failed = 0;
for (const [name, command] of steps) {
  const code = await run(command);
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${name}`);
  if (code !== 0) failed++;
}
process.exit(failed === 0 ? 0 : 1);
