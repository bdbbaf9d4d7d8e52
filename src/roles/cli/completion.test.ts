import { expect, test } from "bun:test";
import type { Command } from "commander";
import { openCliBench } from "./cli_bench.ts";
import { completeTree } from "./program.ts";

test.each(["bash", "zsh", "fish"])("the %s script knows every command", async (shell) => {
  await using bench = openCliBench({});
  const { stdout, code } = await bench.run(["completion", shell]);
  expect(code).toBe(0);
  const paths = pathsOf(await completeTree({} as never, { version: "1", settingsHelp: () => "" } as never), "");
  expect(paths.length).toBeGreaterThan(50);
  for (const path of paths) expect(stdout).toContain(`'${path}'`);
});

test("an unknown shell is refused", async () => {
  await using bench = openCliBench({});
  expect(await bench.run(["completion", "tcsh"])).toMatchObject({ code: 2 });
});

const bash = Bun.which("bash");
test.skipIf(!bash)("bash completes nouns, verbs and values, with options in between", async () => {
  await using bench = openCliBench({});
  const { stdout: script } = await bench.run(["completion", "bash"]);
  const complete = (...words: string[]) => {
    const line = `${script}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _uptimeping; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return Bun.spawnSync([bash!, "--norc", "-c", line]).stdout.toString().trim().split("\n");
  };
  expect(complete("uptimeping", "che")).toEqual(["checks"]);
  expect(complete("uptimeping", "checks", "pa")).toEqual(["pause"]);
  expect(complete("uptimeping", "--url", "checks", "checks", "re")).toEqual(["resume", "results"]);
  expect(complete("uptimeping", "auth", "api-keys", "")).toContain("revoke");
  expect(complete("uptimeping", "checks", "list", "--output", "y")).toEqual(["yaml"]);
});

function pathsOf(command: Command, path: string): string[] {
  return command.commands.flatMap((sub) => {
    const own = path === "" ? sub.name() : `${path} ${sub.name()}`;
    return [own, ...pathsOf(sub, own)];
  });
}
