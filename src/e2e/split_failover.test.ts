/** One role in two processes: either may go, in order or at once, and nobody who asks notices. */
import { expect, test } from "bun:test";
import { freePorts } from "../testing/free_ports.ts";
import { peerFlags } from "../testing/peer_flags.ts";
import { createProductFolder, eventually } from "../testing/start_product.ts";

const rest = "gateway,auth,config,scheduler,core,incident,notification,metrics";
const unlimited = ["user", "ip", "tenant"].flatMap((who) => [`--rate-limit-${who}`, "0"]);

test("a role that runs twice answers every question while one of its processes stops, comes back, and the other is killed", async () => {
  await using one = createProductFolder();
  await using two = createProductFolder();
  await using asking = createProductFolder();
  const [port, onePort, twoPort] = freePorts(3) as [number, number, number];
  const forge = (folder: typeof one, at: number) => folder.start("--role", "forge", "--grpc-port", String(at));
  const first = await forge(one, onePort);
  const second = await forge(two, twoPort);
  const product = await asking.start("--role", rest, "--grpc-port", String(port), ...peerFlags(["forge"], `127.0.0.1:${onePort}`, `127.0.0.1:${twoPort}`), ...unlimited);

  const answers = new Map<number, number>();
  let isOver = false;
  const ask = async () => {
    while (!isOver) {
      const { status } = await product.api("GET", "/forge/protos");
      answers.set(status, (answers.get(status) ?? 0) + 1);
    }
  };
  const asked = [ask(), ask(), ask()];
  const more = async (what: string) => {
    const before = answers.get(200) ?? 0;
    await eventually(what, () => answers.get(200) ?? 0, (count) => count > before + 50);
  };
  const connected = (count: number) =>
    eventually("connections are made", async () => (await fetch(`${product.health}/metrics`)).text(), (text) => text.includes(`uptimeping_peer_endpoints_connected{peer="forge"} ${count}\n`));

  await more("both answer");
  expect(await first.stop()).toBe(0);
  await more("the other answers");
  const again = await forge(one, onePort);
  await connected(2);
  await second.kill();
  await more("the one that came back answers");
  isOver = true;
  await Promise.all(asked);
  expect([...answers.keys()]).toEqual([200]);
  await again.stop();
}, 60_000);
