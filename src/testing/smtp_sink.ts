/** An SMTP server that takes everything and remembers it. No TLS, no authentication to pass: any login is right. */
import { type AddressInfo, createServer, type Socket } from "node:net";

export interface Mail {
  from: string;
  to: string[];
  /** Headers and body as they came, dots unstuffed. */
  text: string;
  /** Value of a header, folded lines joined; "" when absent. */
  header(name: string): string;
}

export interface SmtpSink {
  port: number;
  mails: Mail[];
  answerWith(...replies: string[]): void;
  close(): Promise<void>;
}

export async function startSmtpSink(arrived: () => void): Promise<SmtpSink> {
  const mails: Mail[] = [];
  const replies: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    converse(socket, (mail) => {
      const reply = replies.shift() ?? "250 queued";
      if (reply.startsWith("2")) mails.push(mail);
      arrived();
      return reply;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    answerWith: (...next) => void replies.push(...next),
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function converse(socket: Socket, take: (mail: Mail) => string): void {
  let waiting = "";
  let from = "";
  let to: string[] = [];
  let data: string[] | undefined;
  const say = (line: string) => void socket.write(`${line}\r\n`);

  const onLine = (line: string) => {
    if (data !== undefined) {
      if (line !== ".") return void data.push(line.startsWith("..") ? line.slice(1) : line);
      say(take(mailOf(from, to, data.join("\n"))));
      [data, to] = [undefined, []];
      return;
    }
    const command = line.slice(0, 4).toUpperCase();
    if (command === "EHLO") return say("250-mailbox\r\n250 AUTH PLAIN LOGIN");
    if (command === "AUTH") return say("235 welcome");
    if (command === "MAIL") from = addressIn(line);
    if (command === "RCPT") to.push(addressIn(line));
    if (command === "DATA") {
      data = [];
      return say("354 go on");
    }
    if (command === "QUIT") {
      say("221 bye");
      return void socket.end();
    }
    say(["MAIL", "RCPT", "RSET", "NOOP"].includes(command) ? "250 ok" : "502 not known here");
  };

  say("220 mailbox");
  socket.on("data", (chunk) => {
    waiting += chunk.toString("utf8");
    const lines = waiting.split("\r\n");
    waiting = lines.pop()!;
    lines.forEach(onLine);
  });
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
