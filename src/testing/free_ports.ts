// Each process begins elsewhere, since many run at once; within one, no port is given twice.
let next = 20_000 + (process.pid % 10_000);

/** Ports below the ephemeral range, so that no outgoing connection takes one first. */
export function freePorts(count: number): number[] {
  const found: number[] = [];
  while (found.length < count) {
    const port = next++;
    if (next > 32_000) next = 20_000;
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
      found.push(port);
    } catch {
      // Taken: the next one.
    }
  }
  return found;
}
