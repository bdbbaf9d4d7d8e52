/** What is wrong with the monitor itself is an incident that its operator sees, and nobody else. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createProductFolder, eventually, type Product } from "../testing/start_product.ts";

const folder = createProductFolder();
let product: Product;

beforeAll(async () => {
  product = await folder.start();
});
afterAll(() => folder[Symbol.asyncDispose]());

interface Shown {
  id: string;
  checkId: string;
  checkName: string;
  state: string;
  causes: { message: string }[];
}

test("a message that nobody takes is one such incident, told once, however often the message about it dies as well", async () => {
  const deaf = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("no", { status: 400 }) });
  try {
    await product.api("POST", "/channels", { type: "webhook", name: "Deaf", settings: { url: `http://127.0.0.1:${deaf.port}/` } });
    const { body: check } = await product.api<{ id: string }>("POST", "/checks", { name: "gone", type: "http", target: { url: "http://127.0.0.1:9/" }, failureThreshold: 1, schedule: { every: "1d" } });
    await product.api("POST", `/checks/${check.id}/run`);
    const own = async () => (await product.api<{ items: Shown[] }>("GET", "/incidents?checkId=platform:dead_messages")).body.items;
    const [incident] = await eventually("an incident of the platform", own, (items) => items.length > 0);
    expect(incident).toMatchObject({ checkId: "platform:dead_messages", checkName: "UptimePing itself: messages are not delivered", state: "open" });
    const ledger = async () => (await product.api<{ items: { state: string; eventType: string }[] }>("GET", `/notifications?incidentId=${incident!.id}`)).body.items;
    expect(await eventually("the message about it", ledger, ([one]) => one?.state === "dead")).toHaveLength(1);
    const { body } = await product.api<Shown>("GET", `/incidents/${incident!.id}`);
    expect(body.causes.map(({ message }) => message)).toEqual(["1 message was given up in the last quarter of an hour (webhook: refused by receiver)"]);
    expect((await product.api<Shown>("POST", `/incidents/${incident!.id}/acknowledge`, { comment: "on it" })).body.state).toBe("acknowledged");
  } finally {
    await deaf.stop(true);
  }
}, 60_000);
