import { create } from "@bufbuild/protobuf";
import { expect, test } from "bun:test";
import { ListNotificationsRequestSchema, type Notification } from "#contracts/uptimeping/notification/v1/notification_pb";
import { testCertificates } from "../../../testing/certificates.ts";
import { addChannel, callAs, incidentEvent, refusalOf, type RoleUnderTest, startRole } from "../../../testing/notification_role.ts";
import { type SmtpSink, type SmtpSinkOptions, startSmtpSink } from "../../../testing/smtp_sink.ts";
import { openTempStore } from "../../../testing/temp_store.ts";

const { caPem, leaves } = testCertificates();
const account = { user: "robot", password: "p4ssw0rd-canary" };

interface Scene {
  role: RoleUnderTest;
  sink: SmtpSink;
  /** One message through an e-mail channel with these settings, as the ledger tells of it. */
  told(settings: object): Promise<Notification>;
}

async function inScene(options: SmtpSinkOptions, play: (scene: Scene) => Promise<void>): Promise<void> {
  await using temp = await openTempStore();
  const sink = await startSmtpSink(() => {}, options);
  const role = await startRole(temp.store);
  const told: Scene["told"] = async (settings) => {
    await addChannel(role, "email", { host: "localhost", port: sink.port, from: "up@b.example", to: ["one@b.example"], ...settings });
    await role.take(incidentEvent());
    await role.idle();
    return rowOf(role);
  };
  try {
    await play({ role, sink, told });
  } finally {
    await role.stop();
    await sink.close();
  }
}

const rowOf = async (role: RoleUnderTest) => (await role.api.listNotifications(create(ListNotificationsRequestSchema), callAs("viewer"))).items![0] as Notification;

/** What could open the mailbox, in any form in which it is said. */
const secrets = [account.password, btoa(account.password), btoa(`\0${account.user}\0${account.password}`)];
const leaksIn = (row: Notification) => secrets.filter((secret) => JSON.stringify({ ...row, $typeName: "" }).includes(secret));

for (const mechanism of ["PLAIN", "LOGIN"] as const) {
  test(`TLS from the first byte, with a login by ${mechanism}`, () =>
    inScene({ certificate: leaves.good, implicit: true, account, mechanism }, async ({ sink, told }) => {
      expect(await told({ secure: true, caPem, ...account })).toMatchObject({ state: "sent", attempts: [{ answer: "250 queued" }] });
      expect(sink.mails.map(({ to }) => to)).toEqual([["one@b.example"]]);
      expect(sink.heard.some(({ line }) => line.startsWith(`AUTH ${mechanism}`))).toBe(true);
    }));

  test(`STARTTLS comes before a login by ${mechanism}`, () =>
    inScene({ certificate: leaves.good, account, mechanism }, async ({ sink, told }) => {
      expect(await told({ startTls: true, caPem, ...account })).toMatchObject({ state: "sent" });
      expect(sink.heard.filter(({ isSecure }) => !isSecure).map(({ line }) => line.split(" ")[0])).toEqual(["EHLO", "STARTTLS"]);
      expect(sink.mails.length).toBe(1);
    }));
}

test("where STARTTLS was taken out of the answer, nothing of the login is said", () =>
  inScene({ account }, async ({ sink, told }) => {
    expect(await told({ startTls: true, caPem, ...account })).toMatchObject({ state: "dead", reason: "refused_by_receiver", lastError: expect.stringMatching(/STARTTLS/i) });
    expect(sink.heard.map(({ line }) => line.split(" ")[0])).toEqual(["EHLO", "STARTTLS"]);
    expect(sink.mails).toEqual([]);
  }));

for (const name of ["wrong_host", "expired", "self_signed"] as const) {
  for (const implicit of [true, false]) {
    test(`a certificate that is ${name} is refused ${implicit ? "at the first byte" : "after STARTTLS"}, before the login`, () =>
      inScene({ certificate: leaves[name], implicit, account }, async ({ sink, told }) => {
        const row = await told({ secure: implicit, startTls: !implicit, caPem, ...account });
        expect(row).toMatchObject({ state: "waiting", lastError: expect.stringMatching(/cert|altname/i) });
        expect(sink.heard.filter(({ isSecure }) => isSecure)).toEqual([]);
        expect(sink.mails).toEqual([]);
      }));
  }
}

test("an authority of one's own is trusted only where it was set", () =>
  inScene({ certificate: leaves.good, implicit: true }, async ({ sink, told }) => {
    expect(await told({ secure: true })).toMatchObject({ state: "waiting", lastError: expect.stringMatching(/cert/i) });
    expect(sink.mails).toEqual([]);
  }));

test("a login that is refused is for a person to mend, and its password is in no record", () =>
  inScene({ certificate: leaves.good, implicit: true, account: { ...account, password: "other" } }, async ({ sink, told }) => {
    const row = await told({ secure: true, caPem, ...account });
    expect(row).toMatchObject({ state: "dead", reason: "refused_by_receiver", lastError: expect.stringMatching(/535 not right: robot \*\*\* \*\*\* \*\*\*/) });
    expect(leaksIn(row)).toEqual([]);
    expect(sink.mails).toEqual([]);
  }));

test("recipients that are refused are named; the others have the mail", () =>
  inScene({ unknown: ["gone@b.example"] }, async ({ sink, told }) => {
    const row = await told({ to: ["one@b.example", "gone@b.example"] });
    expect(row).toMatchObject({ state: "sent", attempts: [{ answer: "250 queued; refused for gone@b.example" }] });
    expect(sink.mails.map(({ to }) => to)).toEqual([["one@b.example"]]);
  }));

test("when every recipient is refused the message is dead", () =>
  inScene({ unknown: ["one@b.example"] }, async ({ told }) => {
    expect(await told({})).toMatchObject({ state: "dead", reason: "refused_by_receiver", lastError: expect.stringContaining("550 no such mailbox") });
  }));

test("a mail has the same Message-ID over all attempts, and its incident's thread", () =>
  inScene({}, async ({ role, sink, told }) => {
    sink.answerWith("451 later", "250 queued, but the line broke", "250 queued");
    expect(await told({})).toMatchObject({ state: "waiting" });
    await role.advance(17_000);
    await role.take(incidentEvent({ type: "incident.resolved", sequence: 2 }));
    await role.idle();
    const [first, second] = sink.mails;
    const ids = (await role.api.listNotifications(create(ListNotificationsRequestSchema), callAs("viewer"))).items!.map(({ id }) => `<${id}@b.example>`);
    expect([second!.header("Message-ID"), first!.header("Message-ID")]).toEqual(ids);
    expect([first, second].map((mail) => [mail!.header("In-Reply-To"), mail!.header("References")])).toEqual([["<inc_1@b.example>", "<inc_1@b.example>"], ["<inc_1@b.example>", "<inc_1@b.example>"]]);
  }));

test("neither a name nor a template adds a header or a recipient", () =>
  inScene({}, async ({ role, sink }) => {
    await addChannel(role, "email", { host: "localhost", port: sink.port, from: "up@b.example", to: ["one@b.example"], subject: "{{title}}\r\nBcc: thief@example.com\r\n\r\nbody", template: "{{title}}\r\n.\r\nRCPT TO:<thief@example.com>" });
    const event = incidentEvent();
    event.check!.name = "x\r\nBcc: thief@example.com\r\n.\r\nMAIL FROM:<thief@example.com>";
    await role.take(event);
    await role.idle();
    expect(sink.mails.map(({ from, to }) => ({ from, to }))).toEqual([{ from: "up@b.example", to: ["one@b.example"] }]);
    const [head = ""] = sink.mails[0]!.text.split("\n\n");
    expect(head).not.toMatch(/^(Bcc|body)/im);
    expect(sink.heard.filter(({ line }) => /thief/.test(line))).toEqual([]);
  }));

test("a text that is no certificate is refused, and a kept password does not follow to another authority", () =>
  inScene({}, async ({ role, sink }) => {
    const settings = { host: "localhost", port: sink.port, from: "up@b.example", to: ["one@b.example"], ...account };
    expect((await refusalOf(addChannel(role, "email", { ...settings, caPem: "secret sauce" }))).fields).toEqual([{ pointer: "/settings/caPem", message: "must be PEM text with a certificate" }]);
    const id = await addChannel(role, "email", settings);
    const change = role.api.updateChannel({ id, patch: { settings: { caPem } }, version: 1 } as never, callAs("editor")) as Promise<unknown>;
    expect((await refusalOf(change)).fields).toMatchObject([{ pointer: "/settings/password" }]);
  }));
