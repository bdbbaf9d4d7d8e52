/** A wire between two processes that can be cut, held up and slowed down. */
import { createServer, connect, type AddressInfo, type Socket } from "node:net";

/** `cut` loses everything and says nothing, as a firewall does; `reset` ends what there is and refuses what comes. */
export type LinkState = "whole" | "cut" | "reset";

export interface Link extends AsyncDisposable {
  port: number;
  /** Where it leads from now on. */
  leadTo(port: number): void;
  set(state: LinkState): void;
  /** Every piece waits between these two, each time anew, and none overtakes another. */
  slow(minMs: number, maxMs: number): void;
}

export async function layLink(random: () => number = Math.random): Promise<Link> {
  let state: LinkState = "whole";
  let toPort = 0;
  let delay = { minMs: 0, maxMs: 0 };
  const pairs = new Set<[Socket, Socket]>();

  const pass = (from: Socket, to: Socket) => {
    let waiting = 0;
    let before = Promise.resolve();
    const pieceGoes = async (bytes: string | Buffer, dueMs: number, former: Promise<void>) => {
      await former;
      await Bun.sleep(Math.max(0, dueMs - performance.now()));
      waiting--;
      if (state === "whole" && !to.destroyed) to.write(bytes);
    };
    from.on("data", (bytes) => {
      if (state === "cut") return;
      if (delay.maxMs === 0 && waiting === 0) return void to.write(bytes);
      waiting++;
      before = pieceGoes(bytes, performance.now() + delay.minMs + random() * (delay.maxMs - delay.minMs), before);
    });
    from.on("error", () => {});
    from.on("close", () => to.destroy());
  };
  const server = createServer((near) => {
    if (state === "reset") return void near.resetAndDestroy();
    const far = connect(toPort, "127.0.0.1");
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    near.on("close", () => pairs.delete(pair));
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endAll = () => pairs.forEach(([near, far]) => (near.resetAndDestroy(), far.destroy()));

  return {
    port: (server.address() as AddressInfo).port,
    leadTo: (port) => void (toPort = port),
    set(next) {
      state = next;
      // What was lost on the way leaves either end with half a conversation: a wire that is mended begins anew.
      if (next !== "cut") endAll();
    },
    slow: (minMs, maxMs) => void (delay = { minMs, maxMs }),
    async [Symbol.asyncDispose]() {
      endAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
