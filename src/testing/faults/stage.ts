/** The set of a fault test: a product, targets that fail by a script, receivers, and somebody who does harm. */
import { createProductFolder, eventually, type Product, type ProductFolder, type ProductOptions } from "../start_product.ts";
import { collectAnswers, ownIncidents, resultsOf, verifyWrites, type WantedCheck, type Write } from "./collect.ts";
import { violations } from "./checker.ts";
import type { History } from "./history.ts";
import { createNemesis, type Nemesis } from "./nemesis.ts";
import { chatTemplate, startSink, type Sink } from "./sink.ts";
import { startWorld, type World } from "./world.ts";

export interface Stage extends AsyncDisposable {
  world: World;
  sink: Sink;
  nemesis: Nemesis;
  /** Creates a webhook channel that is heard as `receiver`; gives its id. */
  addChannel(receiver: string): Promise<string>;
  /**
   * The same for one that people read: what falls within `groupIntervalMs` of a message to it goes as one. Only checks with the
   * tag `desk` may tell it, since their messages are grouped by a route.
   */
  addDesk(receiver: string, groupIntervalMs: number): Promise<string>;
  channelOf(receiver: string): string;
  /** Changes where the channel of a receiver sends to. */
  pointChannel(receiver: string, url: string): Promise<void>;
  /** Creates a check of the target that tells these receivers; gives its id. */
  addCheck(target: string, receivers: readonly string[], more?: object): Promise<string>;
  /** Writes through the API, again and again, until the signal aborts; what it says yes to must be there in the end. */
  keepWriting(signal: AbortSignal): Promise<void>;
  /** Until the last outage is over and the product has seen that; one that it does not see is for the checker to find. */
  endOfOutages(): Promise<void>;
  /** Everything there is to judge. What may come late, as in a queue that was away, has until then to come: until the judge finds nothing wrong. */
  history(settleWithinMs?: number, judge?: (history: History) => readonly string[]): Promise<History>;
}

const everyMs = 1_000;
// Of an answer that takes a moment; the product's bound follows from it.
const timeoutMs = 3_000;

const seenWithinMs = 8_000;
const settledPollMs = 500;

export async function startStage(options: ProductOptions = {}): Promise<Stage> {
  const folder = createProductFolder(options);
  return setStage(folder, await folder.start());
}

/** Around a product that runs already; it ends with the stage. */
export async function setStage(folder: ProductFolder, product: Product): Promise<Stage> {
  const world = startWorld();
  const sink = await startSink();
  const nemesis = createNemesis(folder, product);
  const channels = new Map<string, string>();
  const checks: WantedCheck[] = [];
  const writes: Write[] = [];

  const create = async (path: string, document: object): Promise<string> => {
    const { status, body } = await nemesis.product.api<{ id: string }>("POST", path, document);
    if (status !== 201) throw new Error(`POST ${path} was refused: ${JSON.stringify(body)}`);
    writes.push({ what: `POST ${path}`, isThere: async (product) => (await product.api("GET", `${path}/${body.id}`)).status === 200 });
    return body.id;
  };

  const createOne = () => create("/checks", { name: "job", type: "heartbeat", target: { period: "1d" } });

  /** Asked once for all writes that are about it. */
  let askedRuns: Promise<Set<string>> | undefined;
  const runsOfFirst = () => (askedRuns ??= resultsOf(nemesis.product, checks[0]!.id).then(({ results }) => new Set(results.map(({ id }) => id))));

  const runOne = async () => {
    const { id } = checks[0]!;
    const { status, body } = await nemesis.product.api<{ runId: string }>("POST", `/checks/${id}/run`);
    if (status !== 202) return;
    writes.push({ what: `POST /checks/${id}/run`, isThere: async () => (await runsOfFirst()).has(body.runId) });
  };

  const acknowledgeOne = async () => {
    const { body } = await nemesis.product.api<{ items: { id: string }[] }>("GET", "/incidents?state=open&limit=1");
    const id = body.items[0]?.id;
    if (id === undefined) return;
    const { status } = await nemesis.product.api("POST", `/incidents/${id}/acknowledge`);
    if (status !== 200) return;
    const isAcknowledged = ({ body: incident }: { body: { timeline: { type: string }[] } }) => incident.timeline.some(({ type }) => type === "acknowledged");
    writes.push({ what: `POST /incidents/${id}/acknowledge`, isThere: async (product) => isAcknowledged(await product.api("GET", `/incidents/${id}`)) });
  };

  const collect = async (): Promise<History> => {
    const endedAtMs = Date.now();
    askedRuns = undefined;
    const own = await ownIncidents(nemesis.product);
    const answers = await collectAnswers(nemesis.product, checks, own);
    const { disturbances } = nemesis;
    return { ...answers, outages: world.outages(), requests: world.requests, disturbances, deliveries: sink.journal.filter(({ incidentIds }) => !incidentIds.some((id) => own.has(id))), writes: await verifyWrites(nemesis.product, writes), endedAtMs };
  };

  const works: (() => Promise<unknown>)[] = [createOne, runOne, acknowledgeOne];

  return {
    world,
    sink,
    nemesis,
    async addChannel(receiver) {
      const id = await create("/channels", { type: "webhook", name: receiver, settings: { url: sink.urlOf(receiver), secret: sink.secret } });
      channels.set(receiver, id);
      return id;
    },
    async addDesk(receiver, groupIntervalMs) {
      const room = { url: sink.urlOf(receiver), roomId: "!desk:chat", accessToken: "a token of tests", template: chatTemplate };
      const id = await create("/channels", { type: "matrix", name: receiver, settings: room });
      channels.set(receiver, id);
      await create("/routes", { name: receiver, matchers: [{ label: "tag.desk", op: "eq", value: "yes" }], channels: [id], groupIntervalMs });
      return id;
    },
    channelOf: (receiver) => channels.get(receiver)!,
    async pointChannel(receiver, url) {
      const path = `/channels/${channels.get(receiver)!}`;
      const { body } = await nemesis.product.api<{ version: number }>("GET", path);
      const changed = await nemesis.product.api("PATCH", path, { version: body.version, settings: { url } });
      if (changed.status !== 200) throw new Error(`PATCH ${path} was refused: ${JSON.stringify(changed.body)}`);
    },
    async addCheck(target, receivers, more = {}) {
      const own = Object.fromEntries(receivers.map((receiver) => [receiver, channels.get(receiver)!]));
      const thresholds = { timeoutMs, retries: 0, failureThreshold: 1, recoveryThreshold: 1 };
      const id = await create("/checks", { name: target, type: "http", target: { url: world.urlOf(target) }, channels: Object.values(own), ...thresholds, schedule: { every: "1s" }, ...more });
      checks.push({ id, target, everyMs, channels: own });
      return id;
    },
    async keepWriting(signal) {
      for (let i = 0; !signal.aborted; i++) {
        // A refused or broken request promised nothing.
        await works[i % works.length]!().catch(() => {});
        await Bun.sleep(50);
      }
    },
    async endOfOutages() {
      const lastEndMs = Math.max(...world.outages().map(({ toMs }) => toMs));
      await Bun.sleep(Math.max(0, lastEndMs - Date.now()));
      type Page = { items: unknown[] };
      await eventually("no incident is open", () => nemesis.product.api<Page>("GET", "/incidents?state=active&limit=1"), ({ body }) => body.items.length === 0, seenWithinMs).catch(() => {});
    },
    history: (settleWithinMs = 20_000, judge = violations) => settled(collect, judge, settleWithinMs),
    async [Symbol.asyncDispose]() {
      await folder[Symbol.asyncDispose]();
      await sink[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** What was done twice or in the wrong order stays so; what has not been done by then is for the checker to find. */
async function settled(collect: () => Promise<History>, judge: (history: History) => readonly string[], withinMs: number): Promise<History> {
  const untilMs = Date.now() + withinMs;
  for (;;) {
    const history = await collect();
    if (judge(history).length === 0 || Date.now() >= untilMs) return history;
    await Bun.sleep(settledPollMs);
  }
}
