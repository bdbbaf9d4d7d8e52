/** E-mail over SMTP: a text part and an HTML part. Messages of one incident form one thread. */
import { createTransport } from "nodemailer";
import { messageOf } from "#kernel/errors";
import type { EmailSettings } from "../channel_schema.ts";
import { EgressRefused } from "../egress_gate.ts";
import { defaultTemplates } from "../templates/defaults.ts";
import { escapes } from "../templates/escapes.ts";
import { renderMessage } from "../templates/message.ts";
import { withDeadline } from "./deadline.ts";
import { dial } from "./dial.ts";
import { type Answer, type Message, type Sender, type SendTools, shortened } from "./sender.ts";

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
  const connection = await dial({ host, port, addresses: await tools.gate.resolve(host, port) }, signal);
  const transport = createTransport({
    connection,
    // For the certificate, which must be that of the name.
    host,
    port,
    secure: settings.secure,
    requireTLS: settings.startTls,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    ...(settings.user !== undefined && { auth: { user: settings.user, pass: settings.password ?? "" } }),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const sent = await transport.sendMail({ ...mailOf(message, settings), signal });
    const refused = sent.rejected.length === 0 ? "" : `; refused for ${sent.rejected.join(", ")}`;
    return { ok: true, text: shortened(`${sent.response}${refused}`) };
  } finally {
    transport.close();
    connection.destroy();
  }
}

function mailOf(message: Message, settings: EmailSettings) {
  const domain = settings.from.replace(/^.*@/, "").replace(/>$/, "");
  const thread = message.data.incident ? `<${message.data.incident.id}@${domain}>` : undefined;
  const text = renderMessage(settings.template ?? defaultTemplates.email, message, "plain");
  return {
    from: settings.from,
    to: settings.to,
    subject: headerLine(renderMessage(settings.subject ?? defaultTemplates["email.subject"], message, "plain")),
    text,
    html: `<!doctype html><html><body style="font-family:sans-serif;white-space:pre-line">${escapes.html(text)}</body></html>`,
    // The same over retries, so that a mailbox that got it twice shows it once.
    messageId: `<${message.id}@${domain}>`,
    ...(thread !== undefined && { inReplyTo: thread, references: thread }),
    headers: { "Auto-Submitted": "auto-generated", "X-UptimePing-Event": message.type },
  };
}

/** A line break in a subject would begin a header of the sender's choosing. */
function headerLine(text: string): string {
  return shortened(text, 200);
}

/** SMTP replies: 4xx is "later", 5xx is "never", RFC 5321. A refused login is for a person to mend. */
function judgeSmtp(error: unknown, settings: EmailSettings): Answer {
  const secret = settings.password;
  const text = shortened(secret === undefined ? messageOf(error) : messageOf(error).replaceAll(secret, "***"));
  if (error instanceof EgressRefused) return { ok: false, text, next: "give_up", reason: "refused_by_egress" };
  const reply = (error as { responseCode?: number }).responseCode ?? 0;
  if (reply >= 500) return { ok: false, text, next: "give_up", reason: "refused_by_receiver" };
  return { ok: false, text, next: "retry" };
}
