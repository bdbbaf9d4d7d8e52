/**
 * Ports below the ephemeral range, so that no outgoing connection takes one first. Many processes test at once, so each keeps blocks of
 * them to itself, by listening on the first port of a block: what a test has stopped for a moment finds its port free.
 */
import type { TCPSocketListener } from "bun";

const firstPort = 20_000;
const blocks = 120;
const blockSize = 100;

const kept: TCPSocketListener[] = [];
let left: number[] = [];

/** Within one process no port is given twice. */
export function freePorts(count: number): number[] {
  const found: number[] = [];
  while (found.length < count) {
    if (left.length === 0) left = takeBlock();
    const port = left.shift()!;
    const listener = listen(port);
    if (!listener) continue;
    listener.stop(true);
    found.push(port);
  }
  return found;
}

function takeBlock(): number[] {
  for (let tried = 0; tried < blocks; tried++) {
    const from = firstPort + ((process.pid + tried) % blocks) * blockSize;
    const guard = listen(from);
    if (!guard) continue;
    guard.unref();
    kept.push(guard);
    return Array.from({ length: blockSize - 1 }, (_, i) => from + 1 + i);
  }
  throw new Error(`every block of ${blockSize} ports from ${firstPort} on is taken by another test`);
}

/** Undefined when somebody else listens there. */
function listen(port: number): TCPSocketListener | undefined {
  try {
    return Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } });
  } catch {
    return undefined;
  }
}
