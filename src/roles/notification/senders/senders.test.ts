import { create } from "@bufbuild/protobuf";
import { expect, test } from "bun:test";
import { generateKeyPairSync, verify } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { ListNotificationsRequestSchema, type Notification } from "#contracts/uptimeping/notification/v1/notification_pb";
import { type Mailbox, type Received, startMailbox } from "../../../testing/mailbox.ts";
import { addChannel, callAs, incidentEvent, type RoleUnderTest, startRole, type Surroundings } from "../../../testing/notification_role.ts";
import { openTempStore } from "../../../testing/temp_store.ts";

interface Scene {
  role: RoleUnderTest;
  mailbox: Mailbox;
  /** Address of the mailbox without a path. */
  base: string;
  ledger: () => Promise<Notification[]>;
}

async function inScene(play: (scene: Scene) => Promise<void>, around?: Surroundings): Promise<void> {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  const role = await startRole(temp.store, around);
  const ledger = async () => (await role.api.listNotifications(create(ListNotificationsRequestSchema), callAs("viewer"))).items as Notification[];
  await play({ role, mailbox, base: new URL(mailbox.url).origin, ledger });
  await role.stop();
}

const evil = "<b>x</b> & <!channel>\r\nBcc: thief@example.com";

function evilEvent() {
  const event = incidentEvent();
  event.check!.name = evil;
  return event;
}

test("an e-mail has a subject, a text and an HTML part, and one thread for an incident", () =>
  inScene(async ({ role, mailbox, ledger }) => {
    await addChannel(role, "email", { host: "127.0.0.1", port: mailbox.smtpPort, user: "u", password: "p", from: "UptimePing <up@b.example>", to: ["one@b.example", "two@b.example"] });
    await role.take(incidentEvent());
    await role.take(incidentEvent({ type: "incident.resolved", sequence: 2 }));
    await role.idle();
    expect(await ledger()).toMatchObject([{ state: "sent" }, { state: "sent" }]);
    const [opened, resolved] = mailbox.mails;
    expect(opened).toMatchObject({ from: "up@b.example", to: ["one@b.example", "two@b.example"] });
    expect([opened!.header("Subject"), resolved!.header("Subject")]).toEqual(["Shop is down", "Shop is up again"]);
    expect(opened!.header("Message-ID")).toBe(`<${(await ledger())[1]!.id}@b.example>`);
    expect(new Set([opened!.header("References"), resolved!.header("References")])).toEqual(new Set(["<inc_1@b.example>"]));
    expect(opened!.text).toContain("Content-Type: text/plain");
    expect(opened!.text).toContain("Content-Type: text/html");
    expect(opened!.text).toContain("status 503, expected 200-299");
  }));

test("an e-mail carries the latencies of the check as a picture and in words", () =>
  inScene(
    async ({ role, mailbox }) => {
      await addChannel(role, "email", { host: "127.0.0.1", port: mailbox.smtpPort, from: "up@b.example", to: ["one@b.example"] });
      await role.take(incidentEvent());
      await mailbox.waitFor(1, "mails");
      const { text } = mailbox.mails[0]!;
      expect(text).toContain("Latency of the last 3 runs: 40 to 55 ms, 1 failed");
      const cid = /Content-Id: <(.+)>/i.exec(text)?.[1];
      expect(text.replaceAll("=\r\n", "")).toContain(`cid:${cid}`);
    },
    { checkStatus: async () => ({ strip: "uud", stripLatencyMs: [40, 55, 900] }) },
  ));

test("an e-mail goes without a picture when core does not answer", () =>
  inScene(
    async ({ role, mailbox }) => {
      await addChannel(role, "email", { host: "127.0.0.1", port: mailbox.smtpPort, from: "up@b.example", to: ["one@b.example"] });
      await role.take(incidentEvent());
      await mailbox.waitFor(1, "mails");
      expect(mailbox.mails[0]!.text).not.toContain("image/png");
    },
    { checkStatus: () => Promise.reject(new Error("no answer within 2 s")) },
  ));

test("a name with line breaks and markup adds neither a header nor an element to an e-mail", () =>
  inScene(async ({ role, mailbox }) => {
    await addChannel(role, "email", { host: "127.0.0.1", port: mailbox.smtpPort, from: "up@b.example", to: ["one@b.example"] });
    await role.take(evilEvent());
    await mailbox.waitFor(1, "mails");
    const [mail] = mailbox.mails;
    expect(mail!.to).toEqual(["one@b.example"]);
    expect(mail!.header("Bcc")).toBe("");
    expect(mail!.header("Subject")).toBe("<b>x</b> & <!channel> Bcc: thief@example.com is down");
    expect(mail!.text.slice(mail!.text.indexOf("text/html"))).toContain("&lt;b&gt;x&lt;/b&gt;");
  }));

test("a mail server is reached at whichever address of its name answers", () =>
  inScene(async ({ role, mailbox, ledger }) => {
    await addChannel(role, "email", { host: "localhost", port: mailbox.smtpPort, from: "up@b.example", to: ["one@b.example"] });
    await role.take(incidentEvent());
    await role.idle();
    expect(await ledger()).toMatchObject([{ state: "sent", attempts: [{ answer: "250 queued" }] }]);
  }));

test("SMTP's 4xx is tried again, its 5xx is final", () =>
  inScene(async ({ role, mailbox, ledger }) => {
    await addChannel(role, "email", { host: "127.0.0.1", port: mailbox.smtpPort, from: "up@b.example", to: ["one@b.example"] });
    mailbox.answerMailWith("451 later", "550 no such mailbox");
    await role.take(incidentEvent());
    await role.idle();
    expect(await ledger()).toMatchObject([{ state: "waiting", lastError: expect.stringContaining("451 later") }]);
    await role.advance(17_000);
    expect(await ledger()).toMatchObject([{ state: "dead", reason: "refused_by_receiver", lastError: expect.stringContaining("550 no such mailbox") }]);
  }));

test("a server without STARTTLS is refused where it is wanted, before a password is said", () =>
  inScene(async ({ role, mailbox, ledger }) => {
    await addChannel(role, "email", { host: "127.0.0.1", port: mailbox.smtpPort, startTls: true, user: "u", password: "p4ssw0rd", from: "up@b.example", to: ["one@b.example"] });
    await role.take(incidentEvent());
    await role.idle();
    expect(await ledger()).toMatchObject([{ state: "dead", reason: "refused_by_receiver", lastError: expect.stringMatching(/STARTTLS/i) }]);
    expect(mailbox.mails).toEqual([]);
  }));

test("Slack gets escaped mrkdwn at its secret URL", () =>
  inScene(async ({ role, mailbox, base, ledger }) => {
    await addChannel(role, "slack", { url: `${base}/services/T0/B0/s3cret` });
    await role.take(evilEvent());
    await mailbox.waitFor(1);
    expect(mailbox.received[0]!.path).toBe("/services/T0/B0/s3cret");
    const { text } = mailbox.received[0]!.json as unknown as { text: string };
    expect(text).toStartWith("*&lt;b&gt;x&lt;/b&gt; &amp; &lt;!channel&gt;\nBcc: thief@example.com is down*\nError: status 503, expected 200-299\nSince: 2026-01-01 00:00:00 UTC");
    await role.idle();
    expect(await ledger()).toMatchObject([{ state: "sent" }]);
  }));

test("Telegram gets HTML, waits as long as it is told, and its token stays out of the ledger", () =>
  inScene(async ({ role, mailbox, base, ledger }) => {
    await addChannel(role, "telegram", { botToken: "123:t0ken", chatId: "-100", apiUrl: base });
    mailbox.respondWith({ status: 429, body: '{"ok":false,"parameters":{"retry_after":60}}' }, { status: 403, body: "bot 123:t0ken was kicked" });
    await role.take(evilEvent());
    await role.advance(59_999);
    expect(mailbox.received.length).toBe(1);
    await role.advance(1);
    expect(mailbox.received[0]!.path).toBe("/bot123:t0ken/sendMessage");
    expect(mailbox.received[0]!.json as object).toMatchObject({ chat_id: "-100", parse_mode: "HTML", text: expect.stringContaining("<b>&lt;b&gt;x&lt;/b&gt; &amp; &lt;!channel&gt;") });
    const [row] = await ledger();
    expect(row).toMatchObject({ state: "dead", reason: "refused_by_receiver", lastError: "status 403 bot *** was kicked" });
  }));

test("a text that is too long for Telegram goes as plain text, cut", () =>
  inScene(async ({ role, mailbox, base }) => {
    await addChannel(role, "telegram", { botToken: "123:t0ken", chatId: "@ops", apiUrl: base, template: `<b>${"x".repeat(5_000)}</b>` });
    await role.take(incidentEvent());
    await mailbox.waitFor(1);
    const { text, parse_mode: mode } = mailbox.received[0]!.json as unknown as { text: string; parse_mode?: string };
    expect([text, mode]).toEqual([`${"x".repeat(4_095)}…`, undefined]);
  }));

test("an SMS goes to each recipient once, also when one of them fails first", () =>
  inScene(async ({ role, mailbox, base, ledger }) => {
    await addChannel(role, "sms", { accountSid: "AC1", authToken: "auth", from: "+15550000000", to: ["+15551111111", "+15552222222"], apiUrl: base });
    mailbox.respondWith(201, 500);
    await role.take(incidentEvent());
    await role.idle();
    expect(await ledger()).toMatchObject([{ state: "waiting", lastError: "1 of 2 recipients reached; +15552222222: status 500" }]);
    await role.advance(17_000);
    expect(await ledger()).toMatchObject([{ state: "sent" }]);
    expect(mailbox.received.map((one) => new URLSearchParams(one.body).get("To"))).toEqual(["+15551111111", "+15552222222", "+15552222222"]);
    expect(mailbox.received[0]).toMatchObject({
      path: "/2010-04-01/Accounts/AC1/Messages.json",
      headers: { authorization: `Basic ${btoa("AC1:auth")}`, "content-type": "application/x-www-form-urlencoded" },
      body: expect.stringContaining("Body=Shop+is+down"),
    });
  }));

test("a webhook's own template is its body, escaped for JSON", () =>
  inScene(async ({ role, mailbox }) => {
    await addChannel(role, "webhook", { url: mailbox.url, template: '{"text":"{{title}}"}' });
    await addChannel(role, "webhook", { url: `${mailbox.url}/plain`, template: "{{incident.id}} {{check.type}}" });
    await role.take(evilEvent());
    await mailbox.waitFor(2);
    const [json, plain] = mailbox.received.toSorted((a, b) => a.path.length - b.path.length);
    expect(json!.json as object).toEqual({ text: `${evil} is down` });
    expect([json!.headers["content-type"], plain!.headers["content-type"]]).toEqual(["application/json", "text/plain; charset=utf-8"]);
    expect(plain!.body).toBe("inc_1 http");
  }));

test("a webhook is signed with each of its secrets, symmetric or not, in the words of the standard", () =>
  inScene(async ({ role, mailbox }) => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);
    const shared = ["a", "b"].map((fill) => `whsec_${Buffer.alloc(32, fill).toString("base64")}`);
    await addChannel(role, "webhook", { url: mailbox.url, method: "PUT", secret: [...shared, `whsk_${seed.toString("base64")}`].join(" ") });
    await role.take(incidentEvent());
    await mailbox.waitFor(1);
    const [{ method, headers, body }] = mailbox.received as [Received];
    const at = new Date(Number(headers["webhook-timestamp"]) * 1_000);
    const [first, second, third = ""] = headers["webhook-signature"]!.split(" ");
    expect([method, first!, second!]).toEqual(["PUT", ...shared.map((secret) => new Webhook(secret).sign(headers["webhook-id"]!, at, body))]);
    expect(third).toStartWith("v1a,");
    const signed = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
    expect(verify(null, signed, publicKey, Buffer.from(third.slice("v1a,".length), "base64"))).toBe(true);
  }));

test("what a webhook's receiver repeats of its headers stays out of the ledger", () =>
  inScene(async ({ role, mailbox, ledger }) => {
    await addChannel(role, "webhook", { url: mailbox.url, headers: { Authorization: "Bearer canary-7f3a" } });
    mailbox.respondWith({ status: 403, body: "you said Bearer canary-7f3a, or canary-7f3a" });
    await role.take(incidentEvent());
    await role.idle();
    expect(await ledger()).toMatchObject([{ state: "dead", lastError: "status 403 you said ***, or ***" }]);
  }));
