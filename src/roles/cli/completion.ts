/**
 * Completion scripts from the tree of commands. Each is one look-up: the words typed so far without options → what may
 * follow. They need nothing but the shell; bash without its completion package too.
 */
import type { Command } from "commander";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

interface Node {
  /** "checks list"; "" for the program. */
  path: string;
  commands: { name: string; summary: string }[];
  options: { flag: string; summary: string; choices: string[] }[];
}

export function completionScript(shell: Shell, program: Command): string {
  const nodes = nodesOf(program, "");
  return shell === "bash" ? bash(nodes) : shell === "zsh" ? zsh(nodes) : fish(nodes);
}

function nodesOf(command: Command, path: string): Node[] {
  const node: Node = {
    path,
    commands: command.commands.map((sub) => ({ name: sub.name(), summary: sub.description() })),
    options: [...command.options.map((option) => ({ flag: option.long ?? option.short!, summary: option.description, choices: option.argChoices ?? [] })), { flag: "--help", summary: "show help", choices: [] }],
  };
  if (path === "") node.commands.push({ name: "help", summary: "show help for a command" });
  return [node, ...command.commands.flatMap((sub) => nodesOf(sub, path === "" ? sub.name() : `${path} ${sub.name()}`))];
}

/** Options that are followed by a value, so that the value is not taken for a command. */
function valued(nodes: Node[], flags: Set<string>): string {
  return [...flags].filter((flag) => nodes.some((node) => node.options.some((option) => option.flag === flag))).join("|");
}

const takingValue = new Set(["--output", "--profile", "--url", "--api-key"]);

function bash(nodes: Node[]): string {
  const cases = nodes.map((node) => {
    const words = [...node.commands.map((command) => command.name), ...node.options.map((option) => option.flag)].join(" ");
    return `    ${quote(node.path)}) words=${quote(words)} ;;`;
  });
  return `# bash completion for uptimeping
_uptimeping() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="" words="" word skip="" next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ -n $skip ]]; then skip=""; continue; fi
    case "$word" in
      ${valued(nodes, takingValue)}) skip=1; continue ;;
      -*) continue ;;
    esac
    next="\${path:+$path }$word"
    case "$next" in
      ${nodes.filter((node) => node.path !== "").map((node) => quote(node.path)).join("|")}) path="$next" ;;
    esac
  done
  case "$prev" in
    --output) COMPREPLY=($(compgen -W ${quote(choicesOf(nodes))} -- "$cur")); return ;;
    -f|--file|-o|--out|--data-dir) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  esac
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ \${#COMPREPLY[@]} -eq 0 ]]; then COMPREPLY=($(compgen -f -- "$cur")); fi
}
complete -F _uptimeping uptimeping
`;
}

function zsh(nodes: Node[]): string {
  const described = (name: string, summary: string) => quote(`${name.replaceAll(":", "\\:")}:${summary.replaceAll(":", "\\:")}`);
  const cases = nodes.map((node) => {
    const words = [...node.commands.map(({ name, summary }) => described(name, summary)), ...node.options.map(({ flag, summary }) => described(flag, summary))];
    return `    ${quote(node.path)}) candidates=(${words.join(" ")}) ;;`;
  });
  return `#compdef uptimeping
_uptimeping() {
  local -a candidates
  local here="" next word skip=""
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n $skip ]]; then skip=""; continue; fi
    case "$word" in
      ${valued(nodes, takingValue)}) skip=1; continue ;;
      -*) continue ;;
    esac
    next="\${here:+$here }$word"
    case "$next" in
      ${nodes.filter((node) => node.path !== "").map((node) => quote(node.path)).join("|")}) here="$next" ;;
    esac
  done
  case "\${words[CURRENT-1]}" in
    --output) compadd ${choicesOf(nodes)}; return ;;
    -f|--file|-o|--out|--data-dir) _files; return ;;
  esac
  case "$here" in
${cases.join("\n")}
  esac
  _describe 'command' candidates || _files
}
if [[ "\${funcstack[1]}" == _uptimeping ]]; then _uptimeping "$@"; else compdef _uptimeping uptimeping; fi
`;
}

function fish(nodes: Node[]): string {
  const lines = nodes.flatMap((node) => {
    const here = `complete -c uptimeping -n ${quote(`__uptimeping_at ${quote(node.path)}`)}`;
    return [
      ...node.commands.map(({ name, summary }) => `${here} -f -a ${quote(name)} -d ${quote(summary)}`),
      ...node.options.map(({ flag, summary, choices }) => `${here} -l ${flag.slice(2)} -d ${quote(summary)}${choices.length > 0 ? ` -x -a ${quote(choices.join(" "))}` : ""}`),
    ];
  });
  const paths = nodes.filter((node) => node.path !== "").map((node) => quote(node.path));
  return `# fish completion for uptimeping
function __uptimeping_at
    set -l here
    set -l skip
    for word in (commandline -opc)[2..-1]
        if test -n "$skip"
            set skip
            continue
        end
        switch $word
            case ${[...takingValue].join(" ")}
                set skip 1
                continue
            case '-*'
                continue
        end
        set -l next (string trim "$here $word")
        if contains -- $next ${paths.join(" ")}
            set here $next
        end
    end
    test "$here" = "$argv[1]"
end
${lines.join("\n")}
`;
}

function choicesOf(nodes: Node[]): string {
  return nodes[0]!.options.find((option) => option.flag === "--output")!.choices.join(" ");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
