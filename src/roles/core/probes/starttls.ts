/**
 * How each protocol that begins in plain text is turned to TLS: one conversation each, told from our side. A conversation
 * yields what it says and what it waits for, is handed one whole unit of the answer at a time (a line, a packet, a tag),
 * and returns why there will be no TLS, or undefined when both sides have agreed on it.
 */
import type { StartTlsProtocol } from "#ports/targets/tcp";

export interface Turn {
  /** Sent before the wait. */
  send: Uint8Array | undefined;
  /** Length of the first whole unit of what was received; 0 when it is not all there. Without it nothing is waited for. */
  unit: ((received: Buffer) => number) | undefined;
}

export type Conversation = Generator<Turn, string | undefined, Buffer>;

const notOffered = "the server does not offer tls";

function refused(answer: string): string {
  return `the server refused: ${quoted(answer)}`;
}

function foreign(protocol: string, answer: Buffer | string): string {
  return `the server does not speak ${protocol}: it sent ${quoted(typeof answer === "string" ? answer : answer.toString("latin1"))}`;
}

/** The beginning of a text; what follows a control character is no text, and often other bytes each time. */
function quoted(text: string): string {
  return JSON.stringify(text.trim().replace(/[\u0000-\u0008\u000e-\u001f].*$/s, "").slice(0, 100));
}

const toLine = (received: Buffer) => received.indexOf(10) + 1;

/** Says a line, or nothing, and hears one. */
function* line(say?: string): Generator<Turn, string, Buffer> {
  const heard = yield { send: say === undefined ? undefined : Buffer.from(`${say}\r\n`), unit: toLine };
  return heard.toString("latin1");
}

/** A reply of SMTP and FTP: a dash after the code says that more lines follow, up to the code with a space (RFC 959, 4.2). */
function* reply(say?: string): Generator<Turn, string, Buffer> {
  let all = yield* line(say);
  const code = /^(\d{3})-/.exec(all)?.[1];
  for (let last = all; code !== undefined && !last.startsWith(`${code} `) && last.trimEnd() !== code; all += last) last = yield* line();
  return all;
}

/** RFC 3207. */
function* smtp(): Conversation {
  const greeting = yield* reply();
  if (!/^\d{3}/.test(greeting)) return foreign("smtp", greeting);
  if (!greeting.startsWith("220")) return refused(greeting);
  const offer = yield* reply("EHLO uptimeping");
  if (!offer.startsWith("250")) return refused(offer);
  if (!/^250[ -]STARTTLS\s*$/im.test(offer)) return notOffered;
  const answer = yield* reply("STARTTLS");
  return answer.startsWith("220") ? undefined : refused(answer);
}

/** RFC 4217. */
function* ftp(): Conversation {
  const greeting = yield* reply();
  if (!/^\d{3}/.test(greeting)) return foreign("ftp", greeting);
  if (!greeting.startsWith("220")) return refused(greeting);
  const answer = yield* reply("AUTH TLS");
  if (/^50[0-4]/.test(answer)) return notOffered;
  return answer.startsWith("234") ? undefined : refused(answer);
}

/** RFC 9051, 6.2.1. */
function* imap(): Conversation {
  const greeting = yield* line();
  if (!greeting.startsWith("* ")) return foreign("imap", greeting);
  if (!/^\* OK\b/i.test(greeting)) return refused(greeting);
  let answer = yield* line("a1 STARTTLS");
  while (answer.startsWith("* ")) answer = yield* line();
  if (/^a1 BAD\b/i.test(answer)) return notOffered;
  return /^a1 OK\b/i.test(answer) ? undefined : refused(answer);
}

/** RFC 2595, 4. */
function* pop3(): Conversation {
  const greeting = yield* line();
  if (!/^[+-](?:OK|ERR)\b/.test(greeting)) return foreign("pop3", greeting);
  if (!greeting.startsWith("+OK")) return refused(greeting);
  const answer = yield* line("STLS");
  return answer.startsWith("+OK") ? undefined : refused(answer);
}

/** ExtendedRequest 1.3.6.1.4.1.1466.20037 with message id 1 (RFC 4511, 4.12 and 4.14). */
const ldapRequest = Buffer.concat([Buffer.from([0x30, 29, 2, 1, 1, 0x77, 24, 0x80, 22]), Buffer.from("1.3.6.1.4.1.1466.20037")]);

function* ldap(): Conversation {
  const answer = yield { send: ldapRequest, unit: toBerEnd };
  const content = answer.subarray(2 + lengthBytes(answer));
  // The message id 1, an ExtendedResponse (0x78) and in it the result code, an enumeration of one byte.
  if (answer[0] !== 0x30 || content[0] !== 2 || content[1] !== 1 || content[3] !== 0x78) return foreign("ldap", answer);
  const result = content.subarray(5 + lengthBytes(content.subarray(3)));
  if (result[0] !== 10 || result[1] !== 1) return foreign("ldap", answer);
  if (result[2] === 2) return notOffered;
  return result[2] === 0 ? undefined : `the server refused: result code ${result[2]}`;
}

/** How many bytes beyond the first the length of a BER element takes. */
function lengthBytes(element: Buffer): number {
  const first = element[1] ?? 0;
  return first < 0x80 ? 0 : first - 0x80;
}

function toBerEnd(received: Buffer): number {
  if (received.length < 2) return 0;
  // Not LDAP, or longer than any answer: handed over as it is, to be called foreign.
  if (received[0] !== 0x30 || received[1] === 0x80 || lengthBytes(received) > 3) return received.length;
  const head = 2 + lengthBytes(received);
  if (received.length < head) return 0;
  const size = head === 2 ? received[1]! : received.readUIntBE(2, head - 2);
  return received.length < head + size ? 0 : head + size;
}

/** SSLRequest (PostgreSQL documentation, "Message Formats"): length 8, then 1234 and 5679. One letter answers it. */
const postgresRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

function* postgres(): Conversation {
  const answer = (yield { send: postgresRequest, unit: (received) => Math.min(1, received.length) }).toString("latin1");
  if (answer === "N") return notOffered;
  if (answer === "E") return "the server refused: it answered with an error";
  return answer === "S" ? undefined : foreign("postgres", answer);
}

const mysqlTls = 0x0800;

/** SSLRequest: protocol 4.1, TLS and today's login, packets of 16 MiB, utf8mb4; number 1 in its sequence. */
const mysqlRequest = Buffer.concat([Buffer.from([32, 0, 0, 1, 0x00, 0x8a, 0, 0, 0, 0, 0, 1, 45]), Buffer.alloc(23)]);

/** MySQL and MariaDB ("Protocol::HandshakeV10"): the server's first packet says what it can do; TLS begins right after our request. */
function* mysql(): Conversation {
  const packet = yield { send: undefined, unit: (received) => (received.length < 4 || received.length < 4 + received.readUIntLE(0, 3) ? 0 : 4 + received.readUIntLE(0, 3)) };
  const payload = packet.subarray(4);
  if (payload[0] === 0xff) return refused(payload.toString("latin1", 3));
  const afterVersion = payload.indexOf(0) + 1;
  // A thread number of four bytes, eight of the challenge and a zero stand before the capabilities.
  const at = afterVersion + 13;
  if (payload[0] !== 10 || packet[3] !== 0 || afterVersion === 0 || payload.length < at + 2) return foreign("mysql", packet);
  if ((payload.readUInt16LE(at) & mysqlTls) === 0) return notOffered;
  yield { send: mysqlRequest, unit: undefined };
  return undefined;
}

const toTag = (received: Buffer) => received.indexOf(62) + 1;

/** Says something, and hears all up to and with the first tag that matches; or why it will not come. */
function* untilTag(say: string, wanted: RegExp): Generator<Turn, { heard: string; refusal?: string }, Buffer> {
  let heard = "";
  for (let send: Buffer | undefined = Buffer.from(say); ; send = undefined) {
    const tag: string = (yield { send, unit: toTag }).toString("latin1");
    heard += tag;
    if (!heard.trimStart().startsWith("<")) return { heard, refusal: foreign("xmpp", heard) };
    if (wanted.test(tag)) return { heard };
    if (/<(?:stream:error|failure|\/stream:stream)\b/.test(tag)) return { heard, refusal: refused(tag) };
  }
}

/** RFC 6120, 5.4. */
function* xmpp(domain: string): Conversation {
  const header = `<?xml version='1.0'?><stream:stream to='${domain.replace(/[^\w.\-:]/g, "")}' version='1.0' xml:lang='en' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
  const features = yield* untilTag(header, /<\/stream:features\s*>|<stream:features\s*\/>/);
  if (features.refusal !== undefined) return features.refusal;
  if (!/<starttls\b/.test(features.heard)) return notOffered;
  return (yield* untilTag("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", /<proceed\b/)).refusal;
}

/** The conversation with a server of this name. */
export const conversations: Record<StartTlsProtocol, (serverName: string) => Conversation> = { smtp, imap, pop3, ftp, ldap, postgres, mysql, xmpp };
