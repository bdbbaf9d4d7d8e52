/**
 * Named points at which a test lets the process die, stand still or fail. They exist in builds made with
 * `bun scripts/build.ts --failpoints` only: every other build leaves the calls out, names and all, so they cost nothing and nobody
 * can trigger them.
 *
 * `UPTIMEPING_FAILPOINT=name[@key]:nth[+]:kill|pause|error|exit[,…]`: at the nth time that the point is passed (of this key, where one
 * is given), and with `+` each time after that.
 */
import { AppError } from "./errors.ts";

declare const UPTIMEPING_FAILPOINTS: boolean | undefined;

const isArmed = typeof UPTIMEPING_FAILPOINTS !== "undefined" && UPTIMEPING_FAILPOINTS === true;

/** "exit" ends the thread alone. */
type Action = "kill" | "pause" | "error" | "exit";

interface Armed {
  nth: number;
  andAfter: boolean;
  action: Action;
  passed: number;
}

const points = isArmed ? parseFailpoints(process.env["UPTIMEPING_FAILPOINT"] ?? "") : new Map<string, Armed>();

/** Statements of their own, `failpoint("name");`, so that the build can leave them out. */
export function failpoint(name: string, key = ""): void {
  const armed = points.get(name) ?? (key === "" ? undefined : points.get(`${name}@${key}`));
  if (!armed) return;
  const { nth, andAfter, action } = armed;
  armed.passed++;
  if (armed.passed !== nth && !(andAfter && armed.passed > nth)) return;
  if (action === "error") throw new AppError("internal", `failpoint ${name}`);
  if (action === "exit") process.exit(1);
  process.kill(process.pid, action === "kill" ? "SIGKILL" : "SIGSTOP");
}

function parseFailpoints(text: string): Map<string, Armed> {
  const found = new Map<string, Armed>();
  for (const one of text.split(",").filter((part) => part !== "")) {
    const match = /^([a-z_]+(?:@[^:]+)?):(\d+)(\+?):(kill|pause|error|exit)$/.exec(one);
    if (!match) throw new AppError("invalid_argument", `UPTIMEPING_FAILPOINT: ${JSON.stringify(one)} is not right: it is name:nth:kill, pause, error or exit`);
    const [, name, nth, plus, action] = match;
    found.set(name!, { nth: Number(nth), andAfter: plus === "+", action: action as Action, passed: 0 });
  }
  return found;
}
