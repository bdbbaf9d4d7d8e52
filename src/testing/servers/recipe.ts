/** How one kind of server is run from whatever is installed, in a folder and on ports of its own. */
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface Recipe {
  /** Debian packages that bring it. */
  packages: string;
  /** How many free ports one server takes; the first is the one that clients use. */
  ports: number;
  /** The programs that it needs, by the name under which `Place.programs` has them. */
  programs: Record<string, string[]>;
  /** The user that runs it when we are root, which it refuses to be run by. */
  user?: string;
  url(port: number): string;
  /** Makes the data of an empty server. */
  prepare(place: Place): Promise<void>;
  /** What to run, in the order of starting; the last is the server itself. */
  commands(place: Place): { command: string[]; env?: Record<string, string> }[];
  /** Throws until it answers. */
  greet(place: Place): Promise<void>;
}

export interface Place {
  /** The folder of this server; `data` in it is what `wipe` removes. */
  folder: string;
  data: string;
  ports: number[];
  programs: Record<string, string>;
  /** Runs a command to its end, as the user of the server; throws with what it said. */
  run(command: string[]): Promise<void>;
}

/** The first that exists: a name is looked for in PATH, an absolute path may hold one `*`, of which the newest is taken. */
export function findProgram(candidates: string[]): string | undefined {
  return candidates.flatMap(expand).find((path) => existsSync(path));
}

function expand(candidate: string): string[] {
  if (!candidate.startsWith("/")) return `${process.env["PATH"] ?? ""}${delimiter}/usr/sbin${delimiter}/usr/local/sbin`.split(delimiter).map((folder) => join(folder, candidate));
  const [before, after] = candidate.split("*");
  if (after === undefined) return [candidate];
  if (!existsSync(before!)) return [];
  const found = readdirSync(before!).sort((a, b) => b.localeCompare(a, undefined, { numeric: true }));
  return found.map((name) => `${before}${name}${after}`);
}

/** Sends some bytes and gives what comes back first. */
export function ask(port: number, request: string | Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer within 2 s")), 2_000);
    const settle = (end: () => void) => {
      clearTimeout(timer);
      end();
    };
    Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (socket) => void socket.write(request),
        data: (socket, data) => {
          settle(() => resolve(Buffer.from(data)));
          socket.end();
        },
        close: () => settle(() => reject(new Error("it hung up"))),
      },
    }).catch((error: unknown) => settle(() => reject(error as Error)));
  });
}
