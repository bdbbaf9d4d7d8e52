/** Requests as a test writes them, right or wrong in any way: nothing is added but what is said. */
import { expect } from "bun:test";

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; {} when it is none. */
  json: Record<string, unknown>;
}

export interface Sent {
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  body?: string;
}

export type Send = (method: string, path: string, sent?: Sent) => Promise<Answer>;

/** Paths are below `/api/v1`; `headers` go with every request. */
export function createSend(origin: string, headers: Record<string, string> = {}): Send {
  return async (method, path, sent = {}) => {
    const body = sent.json === undefined ? sent.body : JSON.stringify(sent.json);
    const answer = await fetch(`${origin}/api/v1${path}`, {
      method,
      headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }), ...sent.headers },
      ...(body !== undefined && { body }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: jsonOf(text) };
  };
}

export async function signIn(origin: string, account: { email: string; password: string; tenantId?: string }): Promise<Send> {
  const { status, json, text } = await createSend(origin)("POST", "/auth/login", { json: account });
  if (status !== 200) throw new Error(`sign-in failed: ${text}`);
  return createSend(origin, { authorization: `Bearer ${String(json["accessToken"])}` });
}

/** Pointers of a problem document, sorted. */
export function pointersOf({ json }: Answer): string[] {
  return ((json["errors"] ?? []) as { pointer: string }[]).map(({ pointer }) => pointer).toSorted();
}

/** RFC 9457, with our own `code`, and the request id that is in the log. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, code: answer.json["code"], type: answer.headers.get("content-type"), text: answer.text }).toMatchObject({ status, code, type: "application/problem+json" });
  expect(answer.json).toMatchObject({ status, title: expect.any(String), detail: expect.any(String), type: expect.any(String) });
  expect(answer.json["requestId"]).toBe(answer.headers.get("x-request-id"));
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
