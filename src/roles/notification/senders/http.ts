/**
 * One request, once: no redirects, no connection reuse, a deadline for the whole exchange, and an address that the egress gate
 * has seen. `fetch` is not used because it decides the address itself.
 */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { messageOf } from "#kernel/errors";
import { EgressRefused, type ResolvedAddress } from "../egress_gate.ts";
import { withDeadline } from "./deadline.ts";
import { decidedLookup, refuseOtherAddress } from "./dial.ts";
import { type Answer, type SendTools, shortened } from "./sender.ts";

export interface HttpPost {
  /** POST unless said. */
  method?: string;
  url: URL;
  headers: Record<string, string>;
  body: string;
}

export interface HttpAnswer {
  status: number;
  /** The header of that name, or "". */
  retryAfter: string;
  body: string;
}

export type HttpOutcome =
  | HttpAnswer
  /** No answer; `refused` when our own gate said no. */
  | { failure: string; refused: boolean };

const keptBodyBytes = 2_048;
const longestRetryAfterMs = 24 * 3_600_000;

export async function post(target: HttpPost, tools: SendTools): Promise<HttpOutcome> {
  const port = Number(target.url.port) || (target.url.protocol === "https:" ? 443 : 80);
  try {
    return await withDeadline(tools, async (signal) => exchange(target, await tools.gate.resolve(target.url.hostname, port), signal));
  } catch (error) {
    return { failure: messageOf(error), refused: error instanceof EgressRefused };
  }
}

/**
 * What an HTTP outcome means for the message: 2xx is delivered, a redirect is a failure, 408, 425, 429 and 5xx are tried again
 * when the receiver wants it, 410 ends the channel, the rest of 4xx is final.
 */
export function judgeHttp(outcome: HttpOutcome, nowMs: number): Answer {
  if ("failure" in outcome) {
    const text = shortened(outcome.failure);
    return outcome.refused ? { ok: false, text, next: "give_up", reason: "refused_by_egress" } : { ok: false, text, next: "retry" };
  }
  const { status, retryAfter } = outcome;
  const text = textOf(outcome);
  if (status >= 200 && status < 300) return { ok: true, text };
  if (status >= 300 && status < 400) return { ok: false, text: `${text}: redirects are not followed`, next: "retry" };
  if (status === 410) return { ok: false, text: `${text}: the receiver is gone for good`, next: "give_up", reason: "receiver_gone" };
  if (status >= 500 || status === 408 || status === 425 || status === 429) return later(text, retryAfter, nowMs);
  return { ok: false, text, next: "give_up", reason: "refused_by_receiver" };
}

export function textOf({ status, body }: HttpAnswer): string {
  return shortened(`status ${status} ${body}`);
}

/** `retryAfter` as in RFC 9110: seconds, or a date. Never longer than a day. */
export function later(text: string, retryAfter: string, nowMs: number): Answer {
  const ms = /^\d+(\.\d+)?$/.test(retryAfter) ? Math.ceil(Number(retryAfter) * 1_000) : Date.parse(retryAfter) - nowMs;
  return { ok: false, text, next: "retry", ...(ms > 0 && { retryAfterMs: Math.min(ms, longestRetryAfterMs) }) };
}

function exchange(target: HttpPost, addresses: ResolvedAddress[], signal: AbortSignal): Promise<HttpOutcome> {
  return new Promise((resolve, reject) => {
    const { url, body } = target;
    const options: RequestOptions = {
      method: target.method ?? "POST",
      agent: false,
      headers: { ...target.headers, ...(target.method !== "GET" && { "content-length": String(Buffer.byteLength(body)) }) },
      lookup: decidedLookup(addresses),
    };
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, options);
    signal.addEventListener("abort", () => request.destroy(), { once: true });
    request.on("socket", (socket) => refuseOtherAddress(socket, addresses));
    request.on("error", reject);
    request.on("response", (response) => {
      readStart(response).then((text) => {
        request.destroy();
        resolve({ status: response.statusCode ?? 0, retryAfter: String(response.headers["retry-after"] ?? ""), body: text });
      }, reject);
    });
    request.end(target.method === "GET" ? undefined : body);
  });
}

/** The beginning of a body. The status has been said, so a body that breaks off changes nothing. */
function readStart(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const done = () => resolve(text.slice(0, keptBodyBytes));
    response.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (text.length >= keptBodyBytes) done();
    });
    response.on("end", done).on("error", done).on("close", done);
  });
}
