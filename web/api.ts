/**
 * The REST client. The session is in cookies that scripts cannot read; when the short-lived one has run out, the
 * first 401 renews it once for all requests and all tabs (a refresh token is single use: two tabs that renew at the
 * same time would look like a thief) and the request is sent again.
 */
import { t } from "./i18n.ts";
import { cell } from "./store.ts";
import type { FieldError, List, Session } from "./types.ts";

const base = "/api/v1";
const renewedKey = "uptimeping.renewedAt";

/** undefined: not asked yet; null: nobody is signed in. */
export const session = cell<Session | null | undefined>(undefined);

export class Problem extends Error {
  constructor(
    /** 0 when no answer came. */
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: FieldError[] = [],
    readonly requestId = "",
  ) {
    super(message);
  }
}

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const sentAt = Date.now();
  let answer = await send(method, path, options);
  if (answer.status === 401 && !["/auth/session", "/auth/session/refresh", "/auth/setup"].includes(path)) {
    // One about a field is not about the session: sent again, a wrong code would count twice.
    const refused = await problemOf(answer.clone());
    if (refused.fields.length > 0) throw refused;
    if (await renew(sentAt)) answer = await send(method, path, options);
    else session.set(null);
  }
  if (!answer.ok) throw await problemOf(answer);
  if (answer.status === 204) return undefined as T;
  return (await answer.json()) as T;
}

export const get = <T>(path: string, signal?: AbortSignal) => call<T>("GET", path, signal ? { signal } : {});
export const post = <T>(path: string, body?: unknown) => call<T>("POST", path, { body });
/** Creates something at most once per key, however often it is sent: after a lost answer one may simply send it again. */
export const create = <T>(path: string, body: unknown, key: string) => call<T>("POST", path, { body, headers: { "Idempotency-Key": key } });
export const patch = <T>(path: string, version: number, body: unknown) =>
  call<T>("PATCH", path, { body, headers: { "If-Match": `"${version}"` } });
export const remove = (path: string) => call<void>("DELETE", path);

/** Every page of a list, for lists that people search and count as a whole. */
export async function getAll<T>(path: string, signal?: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const next: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const page: List<T> = await get<List<T>>(`${path}${path.includes("?") ? "&" : "?"}limit=200${next}`, signal);
    items.push(...page.items);
    cursor = page.nextCursor ?? null;
  } while (cursor);
  return items;
}

/** The query of a list without its empty parts: `?state=open`, or nothing. */
export function query(parts: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parts)) if (value) search.set(name, String(value));
  const text = search.toString();
  return text && `?${text}`;
}

async function send(method: string, path: string, { body, headers, signal }: CallOptions): Promise<Response> {
  const init: RequestInit = {
    method,
    credentials: "same-origin",
    headers: { accept: "application/json", ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  };
  try {
    return await fetch(base + path, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "unreachable", t("The server cannot be reached. Your input is kept; try again in a moment."));
  }
}

/** RFC 9457; absent as a whole when something before the server answers. */
interface ProblemDocument {
  title?: string;
  detail?: string;
  code?: string;
  requestId?: string;
  errors?: FieldError[];
}

async function problemOf(answer: Response): Promise<Problem> {
  const document = (await answer.json().catch(() => ({}))) as ProblemDocument;
  const wait = answer.headers.get("retry-after");
  const said = document.detail ?? document.title ?? t("The server answered {status}", { status: answer.status });
  return new Problem(
    answer.status,
    document.code ?? "unknown",
    wait ? t("{said} (try again in {wait} s)", { said, wait }) : said,
    document.errors ?? [],
    document.requestId ?? answer.headers.get("x-request-id") ?? "",
  );
}

/** Not `randomUUID`: that exists only in secure contexts, and a home network often has none. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

let renewing: Promise<boolean> | null = null;

function renew(since: number): Promise<boolean> {
  renewing ??= underLock(() => renewUnlessDone(since)).finally(() => (renewing = null));
  return renewing;
}

async function renewUnlessDone(since: number): Promise<boolean> {
  // Another tab may have renewed while this one waited for the lock; its cookies are ours too.
  if (Number(localStorage.getItem(renewedKey)) > since) return true;
  const answer = await send("POST", "/auth/session/refresh", {});
  if (answer.ok) localStorage.setItem(renewedKey, String(Date.now()));
  else if (answer.status !== 401) throw await problemOf(answer);
  return answer.ok;
}

function underLock<T>(work: () => Promise<T>): Promise<T> {
  // Locks exist only in secure contexts; over plain http in a home network each tab renews for itself.
  return navigator.locks ? navigator.locks.request("uptimeping.session", work) : work();
}
