import { Argument } from "commander";
import { completionScript, shells } from "../completion.ts";
import type { Register } from "../context.ts";

export const register: Register = (completion, run) => {
  completion.addArgument(new Argument("<shell>").choices(shells))
    .addHelpText("after", "\nExamples:\n  uptimeping completion bash > ~/.local/share/bash-completion/completions/uptimeping\n  source <(uptimeping completion zsh)\n  uptimeping completion fish > ~/.config/fish/completions/uptimeping.fish")
    .action(run(async ({ io, extra, output }, shell: (typeof shells)[number]) => {
      const { completeTree } = await import("../program.ts");
      output.write(completionScript(shell, await completeTree(io, extra)));
    }));
};
