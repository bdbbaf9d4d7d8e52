/** The notification role with receivers that write down what they got, and short words for what an operator does. */
import { create } from "@bufbuild/protobuf";
import type { IncidentEvent } from "#contracts/uptimeping/events/v1/events_pb";
import { ListNotificationsRequestSchema, type Notification, type Route, type Silence } from "#contracts/uptimeping/notification/v1/notification_pb";
import { createFakeClock, type FakeClock } from "./fake_clock.ts";
import { type Mailbox, startMailbox, type WebhookEnvelope } from "./mailbox.ts";
import { callAs, type EventWish, incidentEvent, type RoleUnderTest, startRole, type Surroundings } from "./notification_role.ts";
import { openTempStore, type TempStore } from "./temp_store.ts";

export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

const editor = callAs("editor");

export interface AlertingScene extends AsyncDisposable {
  role: RoleUnderTest;
  clock: FakeClock;
  mailbox: Mailbox;
  temp: TempStore;
  /** One whose messages arrive under its name; gives its id. */
  channel(name: string, wish?: { type?: string; fallback?: string }): Promise<string>;
  route(document: object): Promise<Route>;
  /** Mutes everything for an hour when not said otherwise. */
  silence(document?: object): Promise<Silence>;
  take(wish?: EventWish & Happening): Promise<void>;
  /** Lets time pass, and whatever happens in it. */
  later(ms: number): Promise<void>;
  /** A new process on the same store. */
  restart(): Promise<void>;
  /** What arrived since the last time this was asked: "channel type reason". */
  heard(): string[];
  /** Newest first: "channel type state reason". */
  ledger(): Promise<Notification[]>;
}

export interface Happening {
  tags?: Record<string, string>;
  checkName?: string;
  severity?: string;
  reason?: string;
  state?: string;
}

const everything = [{ label: "name", op: "matches", value: "" }];

export async function openAlerting(around: Surroundings = {}): Promise<AlertingScene> {
  const clock = createFakeClock();
  const temp = await openTempStore();
  const mailbox = await startMailbox();
  const start = () => startRole(temp.store, { ...around, clock });
  let seen = 0;

  const scene: AlertingScene = {
    role: await start(),
    clock,
    mailbox,
    temp,
    async channel(name, { type = "webhook", fallback } = {}) {
      const channel = { type, name, settings: { url: `${mailbox.url}/${name}` }, ...(fallback !== undefined && { fallback }) };
      return (await scene.role.api.registerChannel({ channel } as never, editor)).id!;
    },
    route: async (document) => (await scene.role.api.createRoute({ route: { name: "route", ...document } } as never, editor)) as Route,
    silence: async (document = {}) =>
      (await scene.role.api.createSilence({ silence: { matchers: everything, endsAt: new Date(clock.now() + hourMs).toISOString(), comment: "moving day", ...document } } as never, editor)) as Silence,
    async take(wish = {}) {
      await scene.role.take(happening(wish, clock.now()));
      await scene.later(0);
    },
    async later(ms) {
      const untilMs = clock.now() + ms;
      // From one due time to the next: answers come over real sockets, and the clock must not run ahead of them.
      for (let dueMs = clock.now(); dueMs < untilMs; dueMs = nextDueMs(temp, clock.now()) ?? untilMs) {
        await scene.role.advance(Math.min(dueMs, untilMs) - clock.now());
        await quiet(scene.role);
      }
      await scene.role.advance(untilMs - clock.now());
      await quiet(scene.role);
    },
    async restart() {
      await scene.role.stop();
      scene.role = await start();
      await scene.later(0);
    },
    heard() {
      const fresh = mailbox.received.slice(seen);
      seen = mailbox.received.length;
      return fresh.map(({ path, json }) => [path.split("/").at(-1), json?.type, reasonOf(json)].filter(Boolean).join(" "));
    },
    async ledger() {
      const { items } = await scene.role.api.listNotifications(create(ListNotificationsRequestSchema, { limit: 100 }), callAs("viewer"));
      return items as Notification[];
    },
    async [Symbol.asyncDispose]() {
      await scene.role.stop();
      await mailbox.close();
      await temp[Symbol.asyncDispose]();
    },
  };
  return scene;
}

function reasonOf(json: WebhookEnvelope | undefined): string {
  const reason: unknown = json?.data?.["reason"];
  return typeof reason === "string" ? reason : "";
}

async function quiet(role: RoleUnderTest): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await role.advance(0);
}

function nextDueMs({ store }: TempStore, nowMs: number): number | undefined {
  const sql = `SELECT min(due_at_ms) AS due FROM (SELECT due_at_ms FROM notifications UNION ALL SELECT due_at_ms FROM notification_follow_ups) WHERE due_at_ms > ?`;
  return store.get<{ due: number | null }>(sql, [nowMs])?.due ?? undefined;
}

function happening({ tags = {}, checkName = "Shop", severity = "critical", reason = "", state, ...wish }: EventWish & Happening, atMs: number): IncidentEvent {
  const event = incidentEvent(wish);
  Object.assign(event, { atMs, reason });
  Object.assign(event.check!, { tags, name: checkName });
  Object.assign(event.incident!, { checkName, severity, state: state ?? (wish.type === "incident.resolved" ? "resolved" : "open") });
  return event;
}
