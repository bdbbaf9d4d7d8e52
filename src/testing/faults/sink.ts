/**
 * Where messages of a fault test arrive: webhooks at the receiver's own address, a chat's (Matrix) below it. It outlives the product and writes down every request, also those that it then answers
 * badly or not at all: what a receiver has seen is what counts, whatever the sender believes.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

/** "drop" takes the message and cuts the connection before the answer; "hang" takes it and says nothing. */
export type SinkAnswer = number | "drop" | "hang" | { status: number; retryAfterS: number };

export interface SinkEntry {
  /** The `webhook-id`, or the transaction of a chat. */
  id: string;
  /** First part of the path: which receiver it was sent to. */
  receiver: string;
  eventType: string;
  /** What it is about; several when it is a group. */
  incidentIds: string[];
  /** The signature is that of the shared secret; a chat has none. */
  signed: boolean;
  atMs: number;
  /** It was answered with 2xx. */
  answeredWell: boolean;
}

export interface Sink extends AsyncDisposable {
  secret: string;
  urlOf(receiver: string): string;
  journal: SinkEntry[];
  /** What the next requests to a receiver get, in turn; afterwards 200. */
  script(receiver: string, answers: SinkAnswer[]): void;
}

export async function startSink(): Promise<Sink> {
  const secret = `whsec_${Buffer.from("a secret of tests, 32 bytes long").toString("base64")}`;
  const journal: SinkEntry[] = [];
  const scripts = new Map<string, SinkAnswer[]>();
  const server = createServer((request, response) => {
    readBody(request).then((body) => {
      const receiver = (request.url ?? "/").split("/")[1]!;
      const answer = scripts.get(receiver)?.shift() ?? 200;
      const said = request.method === "PUT" ? chatEntry(request, body) : webhookEntry(request, body, secret);
      journal.push({ ...said, receiver, answeredWell: typeof answer === "number" && answer < 300 });
      give(response, answer);
    }, () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    secret,
    urlOf: (receiver) => `http://127.0.0.1:${port}/${receiver}`,
    journal,
    script: (receiver, answers) => void scripts.set(receiver, [...answers]),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

type Said = Omit<SinkEntry, "receiver" | "answeredWell">;

interface Envelope {
  type?: string;
  data?: { incident?: { id: string }; group?: { items: { incidentId: string }[] } };
}

/** Makes a chat's message say the same as a webhook's does. */
export const chatTemplate = "{{type}} {{incident.id}}{{#each group.items}} {{incidentId}}{{/each}}";

function chatEntry({ url }: IncomingMessage, text: string): Said {
  const [eventType = "", ...incidentIds] = (JSON.parse(text) as { body: string }).body.split(/\s+/);
  return { id: url!.split("/").at(-1)!, eventType, incidentIds, signed: true, atMs: Date.now() };
}

function webhookEntry({ headers }: IncomingMessage, body: string, secret: string): Said {
  const { type = "", data } = JSON.parse(body) as Envelope;
  const id = String(headers["webhook-id"] ?? "");
  const right = new Webhook(secret).sign(id, new Date(Number(headers["webhook-timestamp"]) * 1_000), body);
  return {
    id,
    eventType: type,
    incidentIds: data?.group ? data.group.items.map(({ incidentId }) => incidentId) : data?.incident ? [data.incident.id] : [],
    signed: String(headers["webhook-signature"] ?? "").split(" ").includes(right),
    atMs: Date.now(),
  };
}

function give(response: ServerResponse, answer: SinkAnswer): void {
  if (answer === "hang") return;
  if (answer === "drop") return void response.socket?.destroy();
  if (typeof answer === "number") return void response.writeHead(answer, { "content-type": "application/json" }).end("{}");
  response.writeHead(answer.status, { "retry-after": String(answer.retryAfterS) }).end();
}
