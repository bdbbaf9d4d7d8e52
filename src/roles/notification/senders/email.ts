/** E-mail over SMTP: a text part and an HTML part. Messages of one incident form one thread. */
import { createTransport } from "nodemailer";
import { messageOf } from "#kernel/errors";
import type { EmailSettings } from "../channel_schema.ts";
import { EgressRefused } from "../egress_gate.ts";
import { renderMessage } from "../templates/message.ts";
import { reportOf } from "../templates/report.ts";
import { textFor } from "../templates/texts.ts";
import { filled, type LocaleName, localeName, locales } from "../templates/words.ts";
import { withDeadline } from "./deadline.ts";
import { dial } from "./dial.ts";
import { type Colour, emailHtml } from "./email_html.ts";
import { latencyPng } from "./latency_png.ts";
import { type Answer, type Message, type Run, type Sender, type SendTools, shortened } from "./sender.ts";

export const sendEmail: Sender<EmailSettings> = async (message, settings, tools) => {
  try {
    return await withDeadline(tools, (signal) => submit(message, settings, { ...tools, signal }));
  } catch (error) {
    return judgeSmtp(error, settings);
  }
};

async function submit(message: Message, settings: EmailSettings, tools: SendTools): Promise<Answer> {
  const { timeoutMs, signal } = tools;
  const { host, port } = settings;
  const mail = mailOf(message, settings, await runsFor(message, tools));
  const connection = await dial({ host, port, addresses: await tools.gate.resolve(host, port) }, signal);
  const transport = createTransport({
    connection,
    // For the certificate, which must be that of the name.
    host,
    port,
    secure: settings.secure,
    requireTLS: settings.startTls,
    ...(settings.caPem !== undefined && { tls: { ca: settings.caPem } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    ...(settings.user !== undefined && { auth: { user: settings.user, pass: settings.password ?? "" } }),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const sent = await transport.sendMail({ ...mail, signal });
    const refused = sent.rejected.length === 0 ? "" : `; refused for ${sent.rejected.join(", ")}`;
    return { ok: true, text: shortened(`${sent.response}${refused}`) };
  } finally {
    transport.close();
    connection.destroy();
  }
}

function mailOf(message: Message, settings: EmailSettings, runs: Run[]) {
  const domain = settings.from.replace(/^.*@/, "").replace(/>$/, "");
  const thread = message.data.incident ? `<${message.data.incident.id}@${domain}>` : undefined;
  const locale = localeName(message.locale);
  const isOwn = (settings.template ?? message.texts?.email) !== undefined;
  const text = renderMessage(textFor("email", message, settings.template), message, "plain");
  const png = latencyPng(runs);
  const picture = png && { cid: `latency.${message.id}@${domain}`, alt: pictureText(runs, locale) };
  return {
    from: settings.from,
    to: settings.to,
    // A subject is one line, whatever the template and the values are.
    subject: shortened(renderMessage(textFor("email.subject", message, settings.subject), message, "header"), 200),
    text: picture && !isOwn ? `${text.trimEnd()}\n${picture.alt}\n` : text,
    html: emailHtml({
      report: reportOf(message, { locale }),
      locale,
      colour: colourOf(message),
      ...(isOwn && { ownText: text }),
      picture,
    }),
    ...(picture && !isOwn && { attachments: [{ filename: "latency.png", content: png, contentType: "image/png", cid: picture.cid, contentDisposition: "inline" as const }] }),
    // The same over retries, so that a mailbox that got it twice shows it once.
    messageId: `<${message.id}@${domain}>`,
    ...(thread !== undefined && { inReplyTo: thread, references: thread }),
    headers: {
      "Auto-Submitted": "auto-generated",
      "X-UptimePing-Event": message.type,
      ...(message.listUnsubscribe !== undefined && { "List-Unsubscribe": `<${message.listUnsubscribe}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" }),
    },
  };
}

function colourOf({ type, data }: Message): Colour {
  if (data.message) return "blue";
  if (data.group) return data.group.items.every((item) => item.state === "resolved") ? "green" : "red";
  if (type === "incident.resolved") return "green";
  return type === "incident.acknowledged" || type === "incident.flapping" || data.incident?.severity === "warning" ? "amber" : "red";
}

/** The picture in words, for those who do not see it. */
function pictureText(runs: Run[], locale: LocaleName): string {
  const latencies = runs.filter(({ failed }) => !failed).map(({ latencyMs }) => Math.round(latencyMs));
  const [fastest, slowest] = latencies.length === 0 ? [0, 0] : [Math.min(...latencies), Math.max(...latencies)];
  return filled(locales[locale].picture, { runs: runs.length, failed: runs.filter(({ failed }) => failed).length, fastest, slowest });
}

async function runsFor({ data }: Message, { recentRuns }: SendTools): Promise<Run[]> {
  const checkId = data.incident?.["checkId"];
  return data.message || typeof checkId !== "string" ? [] : ((await recentRuns?.(checkId)) ?? []);
}

/** SMTP replies: 4xx is "later", 5xx is "never", RFC 5321. A refused login is for a person to mend. */
function judgeSmtp(error: unknown, settings: EmailSettings): Answer {
  const text = shortened(spokenSecrets(settings).reduce((said, secret) => said.replaceAll(secret, "***"), messageOf(error)));
  if (error instanceof EgressRefused) return { ok: false, text, next: "give_up", reason: "refused_by_egress" };
  const reply = (error as { responseCode?: number }).responseCode ?? 0;
  if (reply >= 500) return { ok: false, text, next: "give_up", reason: "refused_by_receiver" };
  return { ok: false, text, next: "retry" };
}

/** The password in every form in which AUTH says it: servers repeat what they refuse. The longest first. */
function spokenSecrets({ user = "", password }: EmailSettings): string[] {
  if (password === undefined) return [];
  const inBase64 = [`\0${user}\0${password}`, password].map((text) => Buffer.from(text).toString("base64"));
  return [...inBase64, password];
}
