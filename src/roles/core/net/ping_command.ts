/**
 * Echo requests by the system's `ping`, for a process that may open no ICMP socket itself. The command is given a literal
 * address and numbers only, as arguments and never through a shell.
 */
import { parseAddress } from "#kernel/egress";

export interface PingCommandOptions {
  count: number;
  payloadBytes: number;
  intervalMs: number;
  timeoutMs: number;
}

export interface PingCommandListener {
  /** In the order in which they came; each request counts once. */
  onReply(roundTripMs: number): void;
  onUnreachable(reason: string): void;
  /** It has ended; `complaint` is what it said when it could not do its work. */
  onEnd(complaint: string): void;
}

/** Shorter ones are for root only. */
const shortestIntervalMs = 200;
const maxLineBytes = 10_000;

/** Throws when `address` is no literal address or the command cannot be started. */
export function pingByCommand(address: string, options: PingCommandOptions, listener: PingCommandListener): { cancel(): void } {
  // Nothing else may ever stand there: a name such as "-f" would be an option.
  if (!parseAddress(address)) throw new Error(`${JSON.stringify(address)} is not an IP address`);
  const seconds = (ms: number) => String(ms / 1_000);
  const child = Bun.spawn({
    cmd: ["ping", "-n", "-c", `${options.count}`, "-i", seconds(Math.max(options.intervalMs, shortestIntervalMs)), "-s", `${options.payloadBytes}`, "-w", `${Math.ceil(options.timeoutMs / 1_000)}`, "--", address],
    env: { PATH: process.env.PATH, LC_ALL: "C" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let isOver = false;
  const answered = new Set<string>();
  void listen(child, (line) => {
    if (!isOver) readLine(line, answered, listener);
  }).then((complaint) => {
    if (!isOver) listener.onEnd(complaint);
  });
  return {
    cancel() {
      isOver = true;
      child.kill("SIGKILL");
    },
  };
}

async function listen(child: Bun.Subprocess<"ignore", "pipe", "pipe">, onLine: (line: string) => void): Promise<string> {
  const complaint = new Response(child.stderr).text();
  let rest = "";
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!.slice(-maxLineBytes);
    for (const line of lines) onLine(line);
  }
  return (await complaint).trim().slice(0, 200);
}

/** Both iputils and BusyBox: "64 bytes from ::1: icmp_seq=1 ttl=64 time=0.05 ms", "From 10.0.0.1 icmp_seq=1 Destination Host Unreachable". */
function readLine(line: string, answered: Set<string>, listener: PingCommandListener): void {
  const reply = /\b(?:icmp_)?seq=(\d+)\b.*\btime[=<]([\d.]+) ms/.exec(line);
  if (reply && answered.has(reply[1]!)) return;
  if (reply) {
    answered.add(reply[1]!);
    return listener.onReply(Number(reply[2]));
  }
  const refusal = /\bicmp_seq=\d+ (?:Destination )?(.*(?:[Uu]nreachable|[Pp]rohibited|exceeded).*)/.exec(line);
  if (refusal) listener.onUnreachable(refusal[1]!.toLowerCase());
}
