/**
 * An SMTP server that remembers what it is told: TLS from the first byte or after STARTTLS, AUTH PLAIN and LOGIN, and
 * recipients it refuses. Without options it speaks in the clear, and any login is right.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Certificate } from "./certificates.ts";

export interface Mail {
  from: string;
  to: string[];
  /** Headers and body as they came, dots unstuffed. */
  text: string;
  /** Value of a header, folded lines joined; "" when absent. */
  header(name: string): string;
}

export interface SmtpSinkOptions {
  /** Offered by STARTTLS; with `implicit` TLS is spoken from the first byte. */
  certificate?: Certificate;
  implicit?: boolean;
  /** The only login that is right. */
  account?: { user: string; password: string };
  /** The one way of AUTH that is offered; both without it. */
  mechanism?: "PLAIN" | "LOGIN";
  /** Recipients that get a 550. */
  unknown?: string[];
}

export interface SmtpSink {
  port: number;
  mails: Mail[];
  /** Every line that came outside of a mail, with whether it came encrypted. */
  heard: { line: string; isSecure: boolean }[];
  answerWith(...replies: string[]): void;
  close(): Promise<void>;
}

export async function startSmtpSink(arrived: () => void, options: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const mails: Mail[] = [];
  const heard: SmtpSink["heard"] = [];
  const replies: string[] = [];
  const sockets = new Set<Socket>();
  const { certificate, implicit = false } = options;
  const session = { options, heard, take };
  function take(mail: Mail): string {
    const reply = replies.shift() ?? "250 queued";
    if (reply.startsWith("2")) mails.push(mail);
    arrived();
    return reply;
  }
  const hold = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
  };
  const secure = certificate && createTlsServer({ cert: certificate.certPem, key: certificate.keyPem }, (socket) => {
    hold(socket);
    converse(socket, { ...session, isSecure: true, greets: implicit });
  }).on("tlsClientError", () => {});
  const securePort = secure === undefined ? 0 : await listening(secure);
  const plain = implicit ? undefined : createServer((socket) => {
    hold(socket);
    // The runtime cannot turn an accepted socket into a TLS server's: what follows STARTTLS goes to one that was born so.
    const upgrade = certificate && (() => {
      const inner = connect(securePort, "127.0.0.1");
      hold(inner);
      socket.pipe(inner).pipe(socket);
    });
    converse(socket, { ...session, isSecure: false, greets: true, upgrade });
  });
  const port = plain === undefined ? securePort : await listening(plain);
  const closed = (server: Server | undefined) => server && new Promise((resolve) => server.close(resolve));
  return {
    port,
    mails,
    heard,
    answerWith: (...next) => void replies.push(...next),
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed(plain), closed(secure)]);
    },
  };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

interface Session {
  options: SmtpSinkOptions;
  heard: SmtpSink["heard"];
  take(mail: Mail): string;
  isSecure: boolean;
  /** After STARTTLS the client speaks first. */
  greets: boolean;
  upgrade?: (() => void) | undefined;
}

function converse(socket: Socket, { options, heard, take, isSecure, greets, upgrade }: Session): void {
  let waiting = "";
  let from = "";
  let to: string[] = [];
  let data: string[] | undefined;
  let login: string[] | undefined;
  const say = (line: string) => void socket.write(`${line}\r\n`);

  const onLine = (line: string) => {
    if (data !== undefined) {
      if (line !== ".") return void data.push(line.startsWith("..") ? line.slice(1) : line);
      say(take(mailOf(from, to, data.join("\n"))));
      [data, to] = [undefined, []];
      return;
    }
    heard.push({ line, isSecure });
    if (login !== undefined) {
      login.push(decoded(line));
      if (login.length < 2) return say(`334 ${btoa("Password:")}`);
      say(welcome(options, login));
      login = undefined;
      return;
    }
    const command = line.slice(0, 4).toUpperCase();
    switch (command) {
      case "EHLO":
        return say([...(upgrade ? ["250-STARTTLS"] : []), "250-mailbox", `250 AUTH ${options.mechanism ?? "PLAIN LOGIN"}`].join("\r\n"));
      case "STAR":
        if (upgrade === undefined) return say("502 not known here");
        socket.off("data", onData);
        say("220 go on");
        return upgrade();
      case "AUTH":
        if (/^AUTH PLAIN /i.test(line)) return say(welcome(options, decoded(line.slice("AUTH PLAIN ".length)).split("\0").slice(1)));
        login = [];
        return say(`334 ${btoa("Username:")}`);
      case "MAIL":
        from = addressIn(line);
        return say("250 ok");
      case "RCPT":
        if (options.unknown?.includes(addressIn(line))) return say("550 no such mailbox");
        to.push(addressIn(line));
        return say("250 ok");
      case "DATA":
        data = [];
        return say("354 go on");
      case "QUIT":
        say("221 bye");
        return void socket.end();
      default:
        return say(["RSET", "NOOP"].includes(command) ? "250 ok" : "502 not known here");
    }
  };

  const onData = (chunk: Buffer) => {
    waiting += chunk.toString("utf8");
    const lines = waiting.split("\r\n");
    waiting = lines.pop()!;
    lines.forEach(onLine);
  };
  if (greets) say("220 mailbox");
  socket.on("data", onData);
}

/** Some servers repeat what they were told: that must not become part of a record. */
function welcome({ account }: SmtpSinkOptions, [user = "", password = ""]: string[]): string {
  if (account === undefined || (account.user === user && account.password === password)) return "235 welcome";
  return `535 not right: ${user} ${password} ${btoa(password)} ${btoa(`\0${user}\0${password}`)}`;
}

function decoded(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}

function addressIn(line: string): string {
  return /<([^>]*)>/.exec(line)?.[1] ?? "";
}

function mailOf(from: string, to: string[], text: string): Mail {
  const head = text.split("\n\n")[0]!.replace(/\n[ \t]+/g, " ");
  return {
    from,
    to,
    text,
    header: (name) => new RegExp(`^${name}: (.*)$`, "im").exec(head)?.[1] ?? "",
  };
}
