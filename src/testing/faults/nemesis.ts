/** Does harm to a running product by a schedule that follows from a seed, and writes down when. */
import type { Product, ProductFolder } from "../start_product.ts";
import type { Random } from "./random.ts";
import type { Disturbance } from "./truth.ts";

export interface Nemesis {
  /** The product as it runs now. */
  product: Product;
  disturbances: Disturbance[];
  /** When a process was started after one was killed. */
  starts: number[];
  /** kill -9, and starts it again on what it left. */
  kill(): Promise<void>;
  /**
   * Starts the product with an armed failpoint; gives whether it died of it, which may be while it starts. It is gone then, and
   * nothing runs until the next start.
   */
  dieAt(failpoint: string, withinMs: number): Promise<boolean>;
  /** SIGSTOP of a process, and SIGCONT after `forMs`. It counts as a disturbance when that process probes and tells. */
  pause(pid: number, forMs: number, counts: boolean): Promise<void>;
  /** Kills `times` times, at instants that come at random. */
  killAtRandom(random: Random, times: number, meanMs: number): Promise<void>;
}

export function createNemesis(folder: ProductFolder, product: Product): Nemesis {
  const disturbances: Disturbance[] = [];
  const starts: number[] = [];
  const nemesis: Nemesis = {
    product,
    disturbances,
    starts,
    async kill() {
      const fromMs = Date.now();
      await nemesis.product.kill();
      starts.push(Date.now());
      nemesis.product = await folder.start();
      disturbances.push({ kind: "kill", fromMs, toMs: Date.now() });
    },
    async dieAt(failpoint, withinMs) {
      const fromMs = Date.now();
      await nemesis.product.kill();
      const env = { UPTIMEPING_FAILPOINT: failpoint };
      const started = await folder.startWith(env).then((next) => (nemesis.product = next), () => undefined);
      disturbances.push({ kind: "kill", fromMs, toMs: Date.now() });
      if (!started) return true;
      return Promise.race([started.exited.then(() => true), Bun.sleep(withinMs).then(() => false)]);
    },
    async pause(pid, forMs, counts) {
      const fromMs = Date.now();
      process.kill(pid, "SIGSTOP");
      await Bun.sleep(forMs);
      process.kill(pid, "SIGCONT");
      if (counts) disturbances.push({ kind: "pause", fromMs, toMs: Date.now() });
    },
    async killAtRandom(random, times, meanMs) {
      for (let i = 0; i < times; i++) {
        await Bun.sleep(Math.min(random.wait(meanMs), 4 * meanMs));
        await nemesis.kill();
      }
    },
  };
  return nemesis;
}
