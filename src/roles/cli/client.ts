/** Asks the REST API. Every refusal becomes an AppError with the server's own words. */
import { AppError, type ErrorCode, type FieldError, isErrorCode, messageOf } from "#kernel/errors";
import type { CliIo } from "./io.ts";

interface ApiRequest {
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface ApiClient {
  readonly url: string;
  /** The answer's JSON, or undefined for 204. The type is the contract of `/api/v1`. */
  request<T>(method: string, path: string, request?: ApiRequest): Promise<T>;
  /** The open answer, for streams. */
  open(method: string, path: string, request?: ApiRequest): Promise<Response>;
}

export interface Credentials {
  headers(): Record<string, string>;
  /** Tries to get fresh credentials after a 401; false when there is no way. */
  renew(): Promise<boolean>;
}

export const noCredentials: Credentials = { headers: () => ({}), renew: async () => false };

const answerWithinMs = 60_000;

export function createClient(io: CliIo, url: string, credentials: Credentials): ApiClient {
  const send = async (method: string, path: string, request: ApiRequest) => {
    const { body } = request;
    const type: Record<string, string> = body === undefined || body instanceof FormData ? {} : { "content-type": "application/json" };
    try {
      return await io.fetch(`${url}/api/v1${path}${queryOf(request.query)}`, {
        method,
        headers: { accept: "application/json", "user-agent": "uptimeping-cli", ...type, ...credentials.headers(), ...request.headers },
        body: body === undefined || body instanceof FormData ? body : JSON.stringify(body),
        // Credentials must not follow a redirect to somebody else.
        redirect: "manual",
        signal: request.signal ?? AbortSignal.any([io.interrupted, AbortSignal.timeout(answerWithinMs)]),
      });
    } catch (error) {
      if (io.interrupted.aborted) throw new AppError("cancelled", "stopped: Ctrl-C");
      throw new AppError("unavailable", `cannot reach ${url}: ${reasonOf(error)}`, { cause: error });
    }
  };

  const open = async (method: string, path: string, request: ApiRequest = {}) => {
    let response = await send(method, path, request);
    if (response.status === 401 && (await credentials.renew())) response = await send(method, path, request);
    if (!response.ok) throw await problemOf(url, response);
    return response;
  };

  return {
    url,
    open,
    async request<T>(method: string, path: string, request?: ApiRequest) {
      const response = await open(method, path, request);
      const text = await response.text();
      if (text === "") return undefined as T;
      try {
        return JSON.parse(text) as T;
      } catch (error) {
        throw new AppError("internal", `${url} did not answer like UptimePing: ${response.status} without JSON`, { cause: error });
      }
    },
  };
}

interface Problem {
  code?: unknown;
  title?: unknown;
  detail?: unknown;
  requestId?: unknown;
  errors?: unknown;
}

async function problemOf(url: string, response: Response): Promise<AppError> {
  const problem = (await response.json().catch(() => undefined)) as Problem | undefined;
  if (typeof problem !== "object" || problem === null || typeof problem.code !== "string") {
    return new AppError("internal", `${url} did not answer like UptimePing: status ${response.status}`);
  }
  const code: ErrorCode = isErrorCode(problem.code) ? problem.code : response.status === 401 ? "unauthenticated" : response.status === 404 ? "not_found" : "internal";
  const words = [problem.detail, problem.title].find((text): text is string => typeof text === "string" && text !== "");
  // Our own faults are looked up in the server's log by this id; nobody needs it for a typing mistake.
  const reference = response.status >= 500 && typeof problem.requestId === "string" ? ` (request ${problem.requestId})` : "";
  const retryAfterS = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new AppError(code, `${words ?? `status ${response.status}`}${reference}`, {
    fields: Array.isArray(problem.errors) ? problem.errors.filter(isFieldError) : [],
    retryAfterS: Number.isFinite(retryAfterS) ? retryAfterS : undefined,
  });
}

function isFieldError(value: unknown): value is FieldError {
  const field = value as Partial<FieldError> | null;
  return typeof field?.pointer === "string" && typeof field.message === "string";
}

function queryOf(query: ApiRequest["query"] = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return given.length === 0 ? "" : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (code === "ConnectionRefused" || code === "ECONNREFUSED") return "nothing listens there; is the server running?";
  return messageOf(error);
}

/** "https://host/" and "host:8080" as people type them → an origin without a slash at the end. */
export function serverUrl(text: string): string {
  const full = /^https?:\/\//.test(text) ? text : `http://${text}`;
  let url: URL;
  try {
    url = new URL(full);
  } catch (error) {
    throw new AppError("malformed", `--url "${text}" is no address of a server: write it like https://uptime.example.com`, { cause: error });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}
