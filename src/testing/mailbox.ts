/**
 * Where notifications arrive in tests: a webhook receiver that misbehaves on command and verifies signatures with the
 * library of the Standard Webhooks project, and an SMTP server of the simplest kind. Real sockets on 127.0.0.1.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { type Mail, startSmtpSink } from "./smtp_sink.ts";

export interface Received {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  /** The body as JSON, undefined when it is not JSON. */
  json: WebhookEnvelope | undefined;
  /** Whether the signature was right; undefined when the mailbox has no secret. */
  verified: boolean | undefined;
}

export interface WebhookEnvelope {
  type: string;
  timestamp: string;
  data: Record<string, Record<string, unknown> | null>;
}

/** A number is a status; "hang" reads and never answers; "drop" accepts the request and cuts the connection. */
export type Response = number | "hang" | "drop" | { status: number; headers?: Record<string, string>; body?: string };

export interface Mailbox extends AsyncDisposable {
  url: string;
  /** Every request, in order, the failed ones too. */
  received: Received[];
  /** What the next requests get, in turn; afterwards 200. */
  respondWith(...responses: Response[]): void;
  /** What each request gets that nothing was said of, by its path. */
  respondBy(rule: (path: string) => Response): void;
  smtpPort: number;
  mails: Mail[];
  /** Answers of the SMTP server to the next messages, in turn; afterwards "250 queued". */
  answerMailWith(...replies: string[]): void;
  /** Resolves when at least so many requests, or mails, have come; rejects after 5 s with what did come. */
  waitFor(count: number, what?: "received" | "mails"): Promise<void>;
  close(): Promise<void>;
}

export async function startMailbox(options: { secret?: string } = {}): Promise<Mailbox> {
  const received: Received[] = [];
  const script: Response[] = [];
  let rule: (path: string) => Response = () => 200;
  let arrived = () => {};
  const smtp = await startSmtpSink(() => arrived());

  const server = createServer((request, response) => {
    readBody(request).then((body) => {
      received.push(receivedOf(request, body, options.secret));
      answer(response, script.shift() ?? rule(request.url ?? ""));
      arrived();
    }, () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const close = async () => {
    server.closeAllConnections();
    await Promise.all([new Promise((resolve) => server.close(resolve)), smtp.close()]);
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    respondWith: (...responses) => void script.push(...responses),
    respondBy: (wanted) => void (rule = wanted),
    smtpPort: smtp.port,
    mails: smtp.mails,
    answerMailWith: (...replies) => smtp.answerWith(...replies),
    waitFor(count, what = "received") {
      const list = what === "received" ? received : smtp.mails;
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${list.length} of ${count} ${what} came: ${JSON.stringify(list).slice(0, 500)}`)), 5_000);
        arrived = () => {
          if (list.length < count) return;
          clearTimeout(late);
          resolve();
        };
        arrived();
      });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function receivedOf(request: IncomingMessage, body: string, secret: string | undefined): Received {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  return { method: request.method ?? "", path: request.url ?? "", headers, body, json: jsonOf(body), verified: verified(headers, body, secret) };
}

/** The library refuses old timestamps, and the clock of a test stands anywhere: the signature is compared for the time it names. */
function verified(headers: Record<string, string>, body: string, secret: string | undefined): boolean | undefined {
  if (secret === undefined) return undefined;
  const at = new Date(Number(headers["webhook-timestamp"]) * 1_000);
  const right = new Webhook(secret).sign(headers["webhook-id"] ?? "", at, body);
  return (headers["webhook-signature"] ?? "").split(" ").includes(right);
}

function jsonOf(body: string): WebhookEnvelope | undefined {
  try {
    return JSON.parse(body) as WebhookEnvelope;
  } catch {
    return undefined;
  }
}

function answer(response: ServerResponse, scripted: Response): void {
  if (scripted === "hang") return;
  if (scripted === "drop") return void response.socket?.destroy();
  const { status, headers = {}, body = "" } = typeof scripted === "number" ? { status: scripted } : scripted;
  response.writeHead(status, headers).end(body);
}
