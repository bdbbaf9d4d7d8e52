import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { channelTypes } from "#ports/channels";
import { createFakeClock } from "../../../testing/fake_clock.ts";
import { type Mailbox, type Received, type Response, startMailbox } from "../../../testing/mailbox.ts";
import { parseChannel } from "../channel_document.ts";
import { masked } from "../channel_secrets.ts";
import { EgressRefused } from "../egress_gate.ts";
import type { EventData } from "../event_data.ts";
import { sampleData } from "../templates/sample.ts";
import { listingOf, providers } from "./catalogue.ts";
import { senders } from "./index.ts";
import type { Answer, Message, Sender, SendTools } from "./sender.ts";
import { documented, type ProviderType } from "./test_documented.ts";

const all = Object.keys(providers) as ProviderType[];
const atMs = Date.UTC(2026, 0, 31, 12, 10);
const links = { incident: "https://up.example/incidents/inc_1", check: "https://up.example/checks/chk_1", acknowledge: "https://up.example/ack/1" };
const resolvedAt = "2026-01-31T12:10:00.000Z";
const incident = { ...sampleData.incident!, id: "inc_1" };

const about = (type: string, change: object = {}): Message => ({ id: "ntf_1", type, atMs, data: { ...sampleData, incident: { ...incident, ...change }, links } as EventData, reached: [] });

const item = (name: string) => ({ title: `${name} is down`, incidentId: `inc_${name}`, checkId: `chk_${name}`, checkName: name, state: "open", severity: "critical", reason: "first_failure", startedAt: "2026-01-31T12:00:00.000Z" });

const messages = {
  opened: about("incident.opened"),
  acknowledged: about("incident.acknowledged", { state: "acknowledged" }),
  resolved: about("incident.resolved", { state: "resolved", resolvedAt }),
};

const others: Record<string, Message> = {
  reminder: about("incident.reminder"),
  grouped: { ...about("incidents.grouped"), data: { links, group: { count: 2, items: [item("a"), item("b")] } } as EventData },
  message: { ...about("message"), data: { message: { subject: "Moving day", text: "at noon" } } },
};

const evil = `"'\\}]\r\n</text> <!channel> <users/all> <at user_id="all"> <@all> @everyone @here @channel @all @**all** *b* _i_ [x](javascript:1) \u202eevil\u0000 {to} {text} {{title}} %0d%0aX: 1\n/close\n😀`;
const hostile = about("incident.opened");
hostile.data = {
  ...hostile.data,
  incident: { ...incident, checkName: evil },
  check: { ...sampleData.check!, name: evil, tags: { [evil]: evil } },
  result: { error: { kind: "http_status", message: evil.repeat(60), hash: "h" } },
};

const tools: SendTools = {
  clock: createFakeClock(),
  gate: { refusalOfLiteral: async () => undefined, resolve: async () => [{ address: "127.0.0.1", family: 4 }] },
  signal: new AbortController().signal,
  timeoutMs: 5_000,
};

const documentOf = (type: ProviderType, base: string, own: object = {}) => parseChannel({ type, name: "A", settings: { ...documented[type].settings(base), ...own } as never });

async function send(type: ProviderType, message: Message, mailbox: Mailbox, response?: Response, own?: object): Promise<Answer> {
  if (response !== undefined) mailbox.respondWith(response);
  return sendWith(tools, type, message, documentOf(type, new URL(mailbox.url).origin, own).settings);
}

function sendWith(given: SendTools, type: ProviderType, message: Message, settings: object): Promise<Answer> {
  return (senders[type] as Sender<object>)(message, settings, given);
}

function bodyOf(type: ProviderType, { body }: Received): unknown {
  return documented[type].body === "form" ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(body);
}

/** That the request is what the provider documents, whatever was told. */
function expectDocumented(type: ProviderType, received: Received): unknown {
  const { method = "POST", headers = {}, schema, body } = documented[type];
  const contentType = body === "form" ? "application/x-www-form-urlencoded" : "application/json";
  expect({ type, method: received.method, headers: received.headers }).toMatchObject({ type, method, headers: { ...headers, "content-type": contentType } });
  const sent = bodyOf(type, received);
  expect({ type, problems: schema.safeParse(sent).error?.issues ?? [] }).toEqual({ type, problems: [] });
  return sent;
}

const yesOf = (type: ProviderType) => documented[type].yes ?? { status: 200, body: "" };

test("the README names every kind of channel", () => {
  const readme = readFileSync(new URL("../../../../README.md", import.meta.url), "utf8");
  expect(channelTypes.map((type) => listingOf(type).title).filter((title) => !readme.includes(title))).toEqual([]);
});

test("several recipients: those reached are not asked again, a refusal of one is no refusal of the rest", async () => {
  await using mailbox = await startMailbox();
  for (const type of ["vonage", "sms_gateway", "whatsapp"] as const) {
    const to = ["+15551111111", "+15552222222", "+15553333333"];
    mailbox.respondWith({ status: 200, body: "" }, 400);
    const first = await send(type, messages.opened, mailbox, undefined, { to });
    expect(first).toMatchObject({ ok: false, next: "give_up", text: expect.stringMatching(/^2 of 3 recipients reached; \+15552222222: status 400/) });
    mailbox.respondWith(200, 500);
    const second = await send(type, messages.opened, mailbox, undefined, { to });
    expect(second).toMatchObject({ ok: false, next: "retry", reached: ["+15551111111"] });
    const before = mailbox.received.length;
    expect(await send(type, { ...messages.opened, reached: ["+15551111111"] }, mailbox, undefined, { to })).toMatchObject({ ok: true, reached: to });
    expect(mailbox.received.length - before).toBe(2);
  }
});

test("a severity that was raised ends the alert of the lower one", async () => {
  await using mailbox = await startMailbox();
  await send("alertmanager", about("incident.severity_raised"), mailbox);
  const alerts = JSON.parse(mailbox.received[0]!.body) as { labels: object; endsAt: string }[];
  expect(alerts).toMatchObject([{ labels: { severity: "critical" }, endsAt: "2026-02-01T12:10:00.000Z" }, { labels: { severity: "warning" }, endsAt: "2026-01-31T12:10:00.000Z" }]);
});

test("every provider is in the table of what is documented, with the page that documents it", () => {
  expect(Object.keys(documented).toSorted()).toEqual(all.toSorted());
  for (const type of all) expect(URL.canParse(listingOf(type).docs)).toBe(true);
});

describe.each(all)("%s", (type) => {
  test("is asked as it documents: opened, acknowledged, resolved", async () => {
    await using mailbox = await startMailbox();
    for (const [state, message] of Object.entries(messages)) {
      const wanted = documented[type].says[state as keyof typeof messages];
      const before = mailbox.received.length;
      expect(await send(type, message, mailbox, wanted === "nothing" ? undefined : yesOf(type))).toMatchObject({ ok: true });
      if (wanted === "nothing") {
        expect(mailbox.received.length).toBe(before);
        continue;
      }
      const { path } = documented[type];
      expect(mailbox.received.at(-1)!.path).toBe(typeof path === "string" ? path : path[state as keyof typeof messages]);
      expect(expectDocumented(type, mailbox.received.at(-1)!) as object).toMatchObject(wanted);
    }
  });

  test("is asked as it documents for reminders, groups and messages of a person's own", async () => {
    await using mailbox = await startMailbox();
    for (const message of Object.values(others)) {
      const before = mailbox.received.length;
      expect(await send(type, message, mailbox, yesOf(type))).toMatchObject({ ok: true });
      if (mailbox.received.length > before) expectDocumented(type, mailbox.received.at(-1)!);
    }
    expect(mailbox.received.length).toBeGreaterThanOrEqual(2);
  });

  test("hostile texts stay texts: the notation holds, nobody is pinged, nothing is commanded", async () => {
    await using mailbox = await startMailbox();
    for (const template of ["", "{{title}}\n{{result.error.message}}"]) {
      expect(await send(type, hostile, mailbox, yesOf(type), template === "" ? {} : { template })).toMatchObject({ ok: true });
      const received = mailbox.received.at(-1)!;
      const sent = JSON.stringify(expectDocumented(type, received));
      const texts = stringsIn(JSON.parse(sent)).join("\n");
      if (documented[type].never !== undefined) expect(texts).not.toMatch(documented[type].never);
      expect(texts).not.toMatch(/[\u0000\u202e]|[\ud800-\udbff](?![\udc00-\udfff])/);
      expect(Object.keys(received.headers)).not.toContain("x");
    }
  });

  test("its answers lead to the right next step", async () => {
    await using mailbox = await startMailbox();
    const answers: [Response, object][] = [
      [{ status: 429, headers: { "retry-after": "17" }, body: "" }, { ok: false, next: "retry", retryAfterMs: 17_000 }],
      [{ status: 503, headers: { "retry-after": "99999999" }, body: "" }, { ok: false, next: "retry", retryAfterMs: 86_400_000 }],
      [500, { ok: false, next: "retry" }],
      [408, { ok: false, next: "retry" }],
      [{ status: 302, headers: { location: "http://127.0.0.1:9/" }, body: "" }, { ok: false, text: expect.stringContaining("redirects are not followed") }],
      [401, { ok: false, next: "give_up", reason: "refused_by_receiver" }],
      [410, { ok: false, next: "give_up", reason: "receiver_gone" }],
      ["drop", { ok: false, next: "retry" }],
    ];
    const { no = [], later } = documented[type];
    for (const refusal of no) answers.push([refusal, { ok: false, next: "give_up", reason: "refused_by_receiver" }]);
    if (later !== undefined) answers.push([later, { ok: false, next: "retry", ...(later.waitsMs !== undefined && { retryAfterMs: later.waitsMs }) }]);
    for (const [response, wanted] of answers) expect({ response, answer: await send(type, messages.opened, mailbox, response) }).toMatchObject({ response, answer: wanted });
  });

  test("goes nowhere but through the gate, to its own address too", async () => {
    await using mailbox = await startMailbox();
    const asked: string[] = [];
    const closed: SendTools = {
      ...tools,
      gate: {
        ...tools.gate,
        resolve(host) {
          asked.push(host);
          return Promise.reject(new EgressRefused("closed"));
        },
      },
    };
    const { apiUrl: _, ...settings } = documentOf(type, new URL(mailbox.url).origin).settings;
    expect(await sendWith(closed, type, messages.opened, settings)).toMatchObject({ ok: false, next: "give_up", reason: "refused_by_egress" });
    expect([asked.length, mailbox.received.length]).toEqual([1, 0]);
  });

  test("its secrets are in no answer and in nothing a person reads", async () => {
    await using mailbox = await startMailbox();
    await send(type, messages.opened, mailbox, yesOf(type));
    const { path, headers, body } = mailbox.received[0]!;
    const echo = `${path} ${JSON.stringify(headers)} ${decodeURIComponent(body)} ${body}`;
    for (const status of [400, 500]) {
      const answer = await send(type, messages.opened, mailbox, { status, body: echo });
      expect(answer.text).not.toMatch(/canary/i);
    }
    const document = documentOf(type, "http://127.0.0.1:9");
    expect(JSON.stringify(masked(type, document.settings))).not.toMatch(/canary/i);
  });
});

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
