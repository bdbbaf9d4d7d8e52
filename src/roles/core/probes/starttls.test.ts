import { afterAll, describe, expect, test } from "bun:test";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { startTlsProtocols, type StartTlsProtocol } from "#ports/targets/tcp";
import { testCertificates } from "../../../testing/certificates.ts";
import { tryCheck } from "../../../testing/run_check.ts";

const { caPem, leaves } = testCertificates();
const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

/** What stands behind every script: the first bytes of TLS may come with the last words in plain text, and must reach it. */
const secure = createTlsServer({ cert: leaves.good.certPem, key: leaves.good.keyPem }, (socket) => void socket.on("error", () => {}).on("data", () => void socket.write("under tls\r\n")));
secure.on("tlsClientError", () => {});
servers.push(secure);
await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));

type Words = string | Uint8Array;

/** What a server says first, and then to each thing that it hears; after the last answer it turns to TLS. */
interface Script {
  greeting?: Words;
  /** What is expected to be heard, and what is said to it: undefined says nothing. */
  turns: [Words, Words | undefined][];
}

const bytes = (words: Words) => (typeof words === "string" ? Buffer.from(words, "latin1") : Buffer.from(words));
const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** A MySQL greeting: number 0, protocol 10, a version, and these capabilities. */
function mysqlGreeting(capabilities: number): Buffer {
  const payload = Buffer.concat([Buffer.from([10]), Buffer.from("8.0.36\0"), Buffer.alloc(4), Buffer.from("challeng\0"), Buffer.from([capabilities & 255, capabilities >> 8, 45, 2, 0, 255, 223, 21]), Buffer.alloc(10), Buffer.from("twelve bytes\0mysql_native_password\0")]);
  return Buffer.concat([Buffer.from([payload.length, 0, 0, 0]), payload]);
}

const mysqlRequest = Buffer.concat([hex("20 00 00 01 00 8a 00 00 00 00 00 01 2d"), Buffer.alloc(23)]);
const ldapRequest = Buffer.concat([hex("30 1d 02 01 01 77 18 80 16"), Buffer.from("1.3.6.1.4.1.1466.20037")]);
const ldapAnswer = (result: string) => hex(`30 0c 02 01 01 78 07 0a 01 ${result} 04 00 04 00`);
const xmppHeader = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xml:lang='en' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const xmppStart = "<?xml version='1.0'?><stream:stream from='localhost' id='1' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

const agreeing: Record<StartTlsProtocol, Script> = {
  smtp: { greeting: "220-welcome\r\n220 mail.test ESMTP\r\n", turns: [["EHLO uptimeping\r\n", "250-mail.test\r\n250-STARTTLS\r\n250 HELP\r\n"], ["STARTTLS\r\n", "220 go ahead\r\n"]] },
  imap: { greeting: "* OK ready\r\n", turns: [["a1 STARTTLS\r\n", "* CAPABILITY IMAP4rev1\r\na1 OK begin\r\n"]] },
  pop3: { greeting: "+OK ready\r\n", turns: [["STLS\r\n", "+OK begin\r\n"]] },
  ftp: { greeting: "220-welcome\r\n to this place\r\n220 ready\r\n", turns: [["AUTH TLS\r\n", "234 begin\r\n"]] },
  ldap: { turns: [[ldapRequest, ldapAnswer("00")]] },
  postgres: { turns: [[hex("00 00 00 08 04 d2 16 2f"), "S"]] },
  mysql: { greeting: mysqlGreeting(0xffff), turns: [[mysqlRequest, undefined]] },
  xmpp: { turns: [[xmppHeader, `${xmppStart}<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>`], [starttls, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"]] },
};

interface Habits {
  /** Sends each byte by itself. */
  drips?: boolean;
  /** Follows the last answer in the same packet. */
  injects?: Words;
}

async function serve(script: Script, { drips, injects }: Habits = {}): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.setNoDelay(true);
    void converse(socket);
  });
  const say = async (socket: Socket, words: Words) => {
    if (!drips) return void socket.write(bytes(words));
    for (const byte of bytes(words)) {
      socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
  };
  const converse = async (socket: Socket) => {
    let rest: Uint8Array = Buffer.alloc(0);
    // Where the last word is ours, what is injected can only follow the greeting.
    const injected = script.turns.at(-1)?.[1] === undefined ? (injects ?? "") : "";
    if (script.greeting !== undefined) await say(socket, Buffer.concat([bytes(script.greeting), bytes(injected)]));
    for (const [index, [wanted, answer]] of script.turns.entries()) {
      const size = bytes(wanted).length;
      const all = await hear(socket, size);
      const heard = all.subarray(0, size);
      rest = all.subarray(size);
      if (!heard.equals(bytes(wanted))) return void socket.destroy(new Error(`heard ${heard.toString("latin1")}`));
      const isLast = index === script.turns.length - 1;
      if (answer !== undefined) await say(socket, isLast && injects !== undefined ? Buffer.concat([bytes(answer), bytes(injects)]) : answer);
    }
    const inner = connect((secure.address() as AddressInfo).port, "127.0.0.1");
    inner.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("close", () => inner.destroy());
    inner.write(rest);
    socket.pipe(inner).pipe(socket);
  };
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

function hear(socket: Socket, size: number): Promise<Buffer> {
  return new Promise((resolve) => {
    let heard = Buffer.alloc(0);
    const onData = (piece: Buffer) => {
      heard = Buffer.concat([heard, piece]);
      if (heard.length < size) return;
      socket.off("data", onData);
      resolve(heard);
    };
    socket.on("data", onData);
  });
}

const tryStartTls = async (protocol: StartTlsProtocol, script: Script, habits?: Habits, timeoutMs = 5_000) =>
  tryCheck({ type: "tls", target: { host: "localhost", port: await serve(script, habits), resolve: "127.0.0.1", starttls: protocol, tls: { caPem } }, timeoutMs });

for (const protocol of startTlsProtocols) {
  describe(protocol, () => {
    test("turns to tls, for a tls check", async () => {
      const run = await tryStartTls(protocol, agreeing[protocol]);
      expect(run.error).toBeUndefined();
      expect(run.tlsMs).toBeGreaterThan(0);
      expect(run.detail().observed.certificate).toBeDefined();
    });
    test("turns to tls, and a tcp check goes on with its steps", async () => {
      const port = await serve(agreeing[protocol]);
      const target = { host: "localhost", port, resolve: "127.0.0.1", starttls: protocol, tls: { caPem }, steps: [{ send: "NOOP\r\n", expect: { text: "under tls" } }] };
      const run = await tryCheck({ type: "tcp", target, timeoutMs: 5_000 });
      expect(run.error).toBeUndefined();
      const dialogue = run.detail().observed.dialogue as { step: string }[];
      expect(dialogue.map(({ step }) => step)).toEqual([...Array.from({ length: dialogue.length - 1 }, () => "starttls"), "step 1"]);
      expect(dialogue.at(-1)).toMatchObject({ sent: "NOOP\r\n", received: "under tls" });
    });
    test("may come byte by byte", async () => {
      expect((await tryStartTls(protocol, agreeing[protocol], { drips: true })).error).toBeUndefined();
    });
    test("with plain text after the agreement is refused", async () => {
      const run = await tryStartTls(protocol, agreeing[protocol], { injects: "NOOP\r\n" });
      expect(run.error).toEqual({ kind: "tls_handshake", message: "starttls failed: the server sent plain text after agreeing to tls" });
    });
    test("that floods is cut, and one that is silent or closes is named", async () => {
      const flood = await tryStartTls(protocol, { greeting: Buffer.alloc(40_000, "220-x\r\n"), turns: [] });
      expect(flood.error?.kind).toBe("tls_handshake");
      const silent = await tryStartTls(protocol, { turns: [["x".repeat(1_000), "never said"]] }, {}, 150);
      expect(silent.error).toEqual({ kind: "response_timeout", message: "starttls failed: no whole answer within 150 ms" });
      const closing = createServer((socket) => void socket.on("error", () => {}).end());
      servers.push(closing);
      await new Promise<void>((resolve) => closing.listen(0, "127.0.0.1", resolve));
      const run = await tryCheck({ type: "tls", target: { host: "127.0.0.1", port: (closing.address() as AddressInfo).port, starttls: protocol } });
      expect(run.error).toMatchObject({ kind: "connection_reset", message: expect.stringMatching(/^starttls failed: connection (closed|reset) before the agreement$/) as string });
    });
  });
}

describe("a refusal reads clearly", () => {
  const ehlo: [Words, Words] = ["EHLO uptimeping\r\n", "250-mail.test\r\n250 STARTTLS\r\n"];
  const notOffered = "the server does not offer tls";
  const table: [StartTlsProtocol, string, Script, string][] = [
    ["smtp", "without the extension", { greeting: "220 x\r\n", turns: [["EHLO uptimeping\r\n", "250-mail.test\r\n250 HELP\r\n"]] }, notOffered],
    ["smtp", "not now", { greeting: "220 x\r\n", turns: [ehlo, ["STARTTLS\r\n", "454 not now\r\n"]] }, 'the server refused: "454 not now"'],
    ["smtp", "nobody is let in", { greeting: "554 go away\r\n", turns: [] }, 'the server refused: "554 go away"'],
    ["smtp", "another protocol", { greeting: "SSH-2.0-Open\r\n", turns: [] }, 'the server does not speak smtp: it sent "SSH-2.0-Open"'],
    ["imap", "unknown there", { greeting: "* OK ready\r\n", turns: [["a1 STARTTLS\r\n", "a1 BAD what\r\n"]] }, notOffered],
    ["imap", "not allowed", { greeting: "* OK ready\r\n", turns: [["a1 STARTTLS\r\n", "a1 NO never\r\n"]] }, 'the server refused: "a1 NO never"'],
    ["imap", "already logged in", { greeting: "* PREAUTH hello\r\n", turns: [] }, 'the server refused: "* PREAUTH hello"'],
    ["imap", "another protocol", { greeting: "220 ftp\r\n", turns: [] }, 'the server does not speak imap: it sent "220 ftp"'],
    ["pop3", "unknown there", { greeting: "+OK\r\n", turns: [["STLS\r\n", "-ERR what\r\n"]] }, 'the server refused: "-ERR what"'],
    ["pop3", "another protocol", { greeting: "* OK\r\n", turns: [] }, 'the server does not speak pop3: it sent "* OK"'],
    ["ftp", "unknown there", { greeting: "220 x\r\n", turns: [["AUTH TLS\r\n", "502 what\r\n"]] }, notOffered],
    ["ftp", "not allowed", { greeting: "220 x\r\n", turns: [["AUTH TLS\r\n", "534 never\r\n"]] }, 'the server refused: "534 never"'],
    ["ldap", "unknown there", { turns: [[ldapRequest, ldapAnswer("02")]] }, notOffered],
    ["ldap", "not now", { turns: [[ldapRequest, ldapAnswer("34")]] }, "the server refused: result code 52"],
    ["ldap", "another protocol", { turns: [[ldapRequest, "HTTP/1.1 400 Bad Request\r\n"]] }, 'the server does not speak ldap: it sent "HTTP/1.1 400 Bad Request"'],
    ["postgres", "without tls", { turns: [[hex("00 00 00 08 04 d2 16 2f"), "N"]] }, notOffered],
    ["postgres", "an error", { turns: [[hex("00 00 00 08 04 d2 16 2f"), "E\0\0\0\u0010too many\0"]] }, "the server refused: it answered with an error"],
    ["postgres", "another protocol", { turns: [[hex("00 00 00 08 04 d2 16 2f"), "HTTP/1.1 400"]] }, 'the server does not speak postgres: it sent "H"'],
    ["mysql", "without tls", { greeting: mysqlGreeting(0xf7ff), turns: [] }, notOffered],
    ["mysql", "blocked", { greeting: Buffer.concat([hex("12 00 00 00 ff 69 04"), Buffer.from("Host is blocked")]), turns: [] }, 'the server refused: "Host is blocked"'],
    ["mysql", "another protocol", { greeting: "\u0004\0\0\0what", turns: [] }, 'the server does not speak mysql: it sent ""'],
    ["xmpp", "without the feature", { turns: [[xmppHeader, `${xmppStart}<stream:features><bind/></stream:features>`]] }, notOffered],
    ["xmpp", "no features at all", { turns: [[xmppHeader, `${xmppStart}<stream:features/>`]] }, notOffered],
    ["xmpp", "not now", { turns: [[xmppHeader, `${xmppStart}<stream:features><starttls/></stream:features>`], [starttls, "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"]] }, `the server refused: "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"`],
    ["xmpp", "another host", { turns: [[xmppHeader, `${xmppStart}<stream:error><host-unknown/></stream:error>`]] }, 'the server refused: "<stream:error>"'],
  ];
  for (const [protocol, what, script, message] of table) {
    test(`${protocol}: ${what}`, async () => {
      const run = await tryStartTls(protocol, script);
      expect(run.error).toEqual({ kind: "tls_handshake", message: `starttls failed: ${message}` });
    });
  }
});
