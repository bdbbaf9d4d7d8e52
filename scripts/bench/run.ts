/**
 * `npm run bench`: the built executable under load on this machine, each figure beside its goal. A ratio that misses its goal
 * fails the run; absolute figures swing with the machine and do not.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { say, type Bench } from "./bench.ts";
import { compileC } from "./compile.ts";
import { machineFacts } from "./machine.ts";
import { startProduct } from "./product.ts";
import { meets, printReport, type Figure } from "./report.ts";
import { scenarios, usual } from "./scenarios.ts";
import { startTargets } from "./targets.ts";
import { childrenOf } from "./usage.ts";

const usage = `npm run bench -- [--scenario NAME,NAME|all] [--seconds N] [--warm-up N] [--executable FILE] [--dir FOLDER] [--smoke]

${Object.entries(scenarios).map(([name, { what, minutes }]) => `  ${name.padEnd(11)} ${what} (about ${minutes} min)`).join("\n")}

--scenario    those that are to run, ${usual.join(" and ")} when not said
--seconds     how long each measurement lasts (20)
--warm-up     how many seconds the product runs before each (15)
--dir         on which disk (${tmpdir()})
--smoke       everything for a moment only, to see that it works: its figures mean nothing`;

const { values: flags } = parseArgs({
  options: {
    "scenario": { type: "string", default: usual.join(",") },
    "seconds": { type: "string", default: "20" },
    "warm-up": { type: "string", default: "15" },
    "executable": { type: "string", default: "dist/uptimeping" },
    "dir": { type: "string", default: tmpdir() },
    "smoke": { type: "boolean", default: false },
    "help": { type: "boolean", default: false },
  },
});

if (flags.help) {
  console.log(usage);
  process.exit(0);
}
const wanted = flags.scenario === "all" ? Object.keys(scenarios) : flags.scenario.split(",");
const unknown = wanted.filter((name) => !scenarios[name]);
const executable = resolve(flags.executable);
if (unknown.length > 0) fail(`no scenario ${unknown.join(", ")}: there are ${Object.keys(scenarios).join(", ")}, all`);
if (!(Number(flags.seconds) > 0) || !(Number(flags["warm-up"]) >= 0)) fail("give --seconds and --warm-up a number of seconds");
if (!existsSync(executable)) fail(`${executable} does not exist: run npm run build first`);

const workDir = mkdtempSync(join(flags.dir, "uptimeping-bench-"));
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const child of childrenOf(process.pid)) process.kill(child, "SIGKILL");
    rmSync(workDir, { recursive: true, force: true });
    process.exit(130);
  });
}
try {
  process.exitCode = await runAll();
} finally {
  rmSync(workDir, { recursive: true, force: true });
}

async function runAll(): Promise<number> {
  console.log(machineFacts());
  const targets = await startTargets(workDir);
  const bench: Omit<Bench, "workDir"> = {
    executable,
    ownedDir: await ownedFolder(),
    targets,
    client: compileC("client", workDir),
    seconds: flags.smoke ? 1 : Number(flags.seconds),
    warmUpSeconds: flags.smoke ? 0 : Number(flags["warm-up"]),
    isSmoke: flags.smoke,
  };
  const measure = async (name: string): Promise<Figure[]> => {
    say(`${name}: ${scenarios[name]!.what}`);
    const own = join(workDir, name);
    const { title, figures } = await scenarios[name]!.run({ ...bench, workDir: own });
    rmSync(own, { recursive: true, force: true });
    printReport(`${name}: ${title}`, figures);
    return figures;
  };
  const all: Figure[] = [];
  try {
    // Where figures mean nothing, all may run at once.
    if (flags.smoke) await Promise.all(wanted.map(measure));
    else for (const name of wanted) all.push(...(await measure(name)));
  } finally {
    await targets.stop();
  }
  return flags.smoke ? 0 : verdict(all);
}

async function ownedFolder(): Promise<string> {
  const dataDir = join(workDir, "owned");
  mkdirSync(dataDir);
  await (await startProduct({ executable, dataDir })).stop();
  return dataDir;
}

function verdict(figures: Figure[]): number {
  const missed = figures.filter((figure) => meets(figure) === false);
  const decisive = missed.filter((figure) => figure.decides);
  console.log(`\n${figures.filter(meets).length} goals met, ${missed.length} missed${decisive.length > 0 ? `; this fails the run: ${decisive.map(({ name }) => name).join(", ")}` : ""}`);
  return decisive.length > 0 ? 1 : 0;
}

function fail(message: string): never {
  console.error(`bench: ${message}`);
  process.exit(2);
}
