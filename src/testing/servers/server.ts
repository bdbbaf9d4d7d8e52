/**
 * Throw-away servers: PostgreSQL, Redis, RabbitMQ and NATS from what the machine has installed, each with ports and a folder of its
 * own. `startServer` waits until it answers. A fault test may kill it, start it again on the same port, and take its data away.
 */
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../free_ports.ts";
import type { ServiceName } from "../services.ts";
import { natsRecipe } from "./nats.ts";
import { postgresRecipe } from "./postgres.ts";
import { rabbitmqRecipe } from "./rabbitmq.ts";
import { findProgram, type Place, type Recipe } from "./recipe.ts";
import { redisRecipe } from "./redis.ts";

const recipes: Record<ServiceName, Recipe> = { postgres: postgresRecipe, redis: redisRecipe, rabbitmq: rabbitmqRecipe, nats: natsRecipe };
const startWithinMs = 30_000;
const stopWithinMs = 15_000;

export interface Server extends AsyncDisposable {
  readonly name: ServiceName;
  readonly url: string;
  /** Of its main process; 0 while it does not run. */
  readonly pid: number;
  /** Starts it on the same port with the data that it has. */
  start(): Promise<void>;
  /** As an administrator would: it may finish what it does. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Takes away everything that it stores; only while it does not run. */
  wipe(): Promise<void>;
}

/** Why this machine cannot run one, with the packages that would help; "" when it can. */
export function whyNot(name: ServiceName): string {
  const missing = Object.values(recipes[name].programs).find((candidates) => findProgram(candidates) === undefined);
  return missing === undefined ? "" : `no ${missing.at(0)!.split("/").at(-1)} was found (Debian: apt-get install ${recipes[name].packages})`;
}

export async function startServer(name: ServiceName): Promise<Server> {
  const why = whyNot(name);
  if (why) throw new Error(`${name} cannot be started: ${why}`);
  const recipe = recipes[name];
  const place = makePlace(name, recipe);
  let children: Bun.Subprocess[] = [];

  const end = async (signal: NodeJS.Signals) => {
    for (const child of children.toReversed()) {
      const gone = child.exited.then(() => true);
      child.kill(signal);
      if (!(await Promise.race([gone, Bun.sleep(stopWithinMs).then(() => false)]))) child.kill("SIGKILL");
      await gone;
    }
    children = [];
  };
  const server: Server = {
    name,
    url: recipe.url(place.ports[0]!),
    get pid() {
      return children.at(-1)?.pid ?? 0;
    },
    async start() {
      if (children.length > 0) throw new Error(`${name} runs already`);
      children = recipe.commands(place).map(({ command, env }) => spawn(recipe, place, command, env));
      await answers(recipe, place, children.at(-1)!);
    },
    // PostgreSQL waits for its clients on SIGTERM and not on SIGINT.
    stop: () => end(name === "postgres" ? "SIGINT" : "SIGTERM"),
    kill: () => end("SIGKILL"),
    async wipe() {
      if (children.length > 0) throw new Error(`${name} still runs: stop it before its data are taken away`);
      rmSync(place.data, { recursive: true, force: true });
      makeFolder(place.data, recipe);
      await recipe.prepare(place);
    },
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      rmSync(place.folder, { recursive: true, force: true });
    },
  };
  try {
    await recipe.prepare(place);
    await server.start();
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}

function makePlace(name: ServiceName, recipe: Recipe): Place {
  const folder = mkdtempSync(join(tmpdir(), `uptimeping-${name}-`));
  const data = join(folder, "data");
  giveTo(folder, recipe);
  makeFolder(data, recipe);
  const programs = Object.fromEntries(Object.entries(recipe.programs).map(([key, candidates]) => [key, findProgram(candidates)!]));
  return {
    folder,
    data,
    ports: freePorts(recipe.ports),
    programs,
    async run(command) {
      const child = Bun.spawn([...asUser(recipe), ...command], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
      const said = `${await new Response(child.stdout).text()}${await new Response(child.stderr).text()}`;
      if ((await child.exited) !== 0) throw new Error(`${command[0]} failed: ${said}`);
    },
  };
}

/** Dies with us when we are killed, where the machine has the means: a server must not outlive the run that it was for. */
function spawn(recipe: Recipe, place: Place, command: string[], env: Record<string, string> = {}): Bun.Subprocess {
  const log = Bun.file(join(place.folder, "output.log"));
  return Bun.spawn([...asUser(recipe), ...command], { cwd: place.folder, env: { ...process.env, ...env }, stdio: ["ignore", log, log], detached: true });
}

function asUser(recipe: Recipe): string[] {
  const setpriv = findProgram(["setpriv"]);
  const user = userOf(recipe);
  if (!setpriv) {
    if (user) throw new Error(`${recipe.packages} refuses to run as root, and setpriv was not found (Debian: apt-get install util-linux)`);
    return [];
  }
  const ids = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"] : [];
  return [setpriv, ...ids, "--pdeathsig=KILL", "--"];
}

/** The user of the recipe, or nobody, when we are root and it may not be; undefined when it runs as we do. */
function userOf(recipe: Recipe): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0 || recipe.user === undefined) return undefined;
  const users = readFileSync("/etc/passwd", "utf8").split("\n").map((line) => line.split(":"));
  const found = users.find(([name]) => name === recipe.user) ?? users.find(([name]) => name === "nobody");
  return found && { uid: Number(found[2]), gid: Number(found[3]) };
}

function makeFolder(path: string, recipe: Recipe): void {
  mkdirSync(path, { mode: 0o700 });
  giveTo(path, recipe);
}

function giveTo(path: string, recipe: Recipe): void {
  const user = userOf(recipe);
  if (user) chownSync(path, user.uid, user.gid);
}

async function answers(recipe: Recipe, place: Place, child: Bun.Subprocess): Promise<void> {
  for (const until = performance.now() + startWithinMs; ; ) {
    try {
      return await recipe.greet(place);
    } catch (error) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > until) {
        const said = existsSync(join(place.folder, "output.log")) ? readFileSync(join(place.folder, "output.log"), "utf8").slice(-2_000) : "";
        throw new Error(`${recipe.packages} did not start: ${String(error)}\n${said}`, { cause: error });
      }
      await Bun.sleep(50);
    }
  }
}
