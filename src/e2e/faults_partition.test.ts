/** The roles in two processes that lose each other: what probes and tells goes on alone, and its own standstill is nobody's outage. */
import { expect, test } from "bun:test";
import { violations } from "../testing/faults/checker.ts";
import { isLong } from "../testing/faults/random.ts";
import { setStage, type Stage } from "../testing/faults/stage.ts";
import { freePorts } from "../testing/free_ports.ts";
import { peerFlags } from "../testing/peer_flags.ts";
import { createProductFolder, eventually, type Product, type ProductFolder } from "../testing/start_product.ts";

const back = ["scheduler", "core", "incident", "notification"];
const front = ["gateway", "auth", "config", "forge", "metrics", "cli"];
const apartMs = isLong ? 30_000 : 5_000;
/** Long enough to have to be told. */
const outageMs = 8_500;

test("one half stands still, then the other: no result is lost or doubled, no incident is made of it, and outages are told", async () => {
  await using frontFolder = createProductFolder();
  await using backFolder = createProductFolder();
  const { frontProduct, backProduct } = await startHalves(frontFolder, backFolder);
  await using stage = await setStage(frontFolder, frontProduct);
  await eventually("the roles have found each other", () => stage.addChannel("pager").then(() => true, () => false), (done) => done);
  for (let i = 0; i < 8; i++) await stage.addCheck(`target-${i}`, ["pager"]);
  await eventually("each target is asked", () => new Set(stage.world.requests.map(({ target }) => target)).size, (targets) => targets === 8);

  // Nobody answers core, or asks it: a target that fails meanwhile is told within its bound all the same.
  outage(stage, "target-0", 500);
  await stage.nemesis.pause(frontProduct.pid, apartMs, false);

  // Nobody probes: what was due meanwhile is missed, and no target is down because of it.
  outage(stage, "target-1", apartMs + 500);
  await stage.nemesis.pause(backProduct.pid, apartMs, true);
  await stage.endOfOutages();
  const history = await stage.history();
  expect(violations(history)).toEqual([]);
  expect(history.incidents.length).toBe(2);
  const missed = history.checks.flatMap((check) => check.missed);
  expect(missed.length).toBeGreaterThan(0);
}, isLong ? 240_000 : 90_000);

function outage(stage: Stage, target: string, afterMs: number): void {
  const fromMs = Date.now() + afterMs;
  stage.world.plan([{ target, fromMs, toMs: fromMs + outageMs }]);
}

async function startHalves(frontFolder: ProductFolder, backFolder: ProductFolder): Promise<{ frontProduct: Product; backProduct: Product }> {
  const [frontPort, backPort] = freePorts(2) as [number, number];
  const settings = ["--peer-token", "peers know each other by this"];
  const frontProduct = await frontFolder.start("--role", front.join(","), "--grpc-port", String(frontPort), ...peerFlags(back, `127.0.0.1:${backPort}`), ...settings);
  const backProduct = await backFolder.start("--role", back.join(","), "--grpc-port", String(backPort), ...peerFlags(front, `127.0.0.1:${frontPort}`), ...settings);
  return { frontProduct, backProduct };
}
