/** Checks that the forge proposes, as a person changes them before they are created. */
import { Problem } from "../api.ts";
import { t } from "../i18n.ts";
import { isObject, textOf } from "../pointer.ts";
import type { Json, JsonObject, Result } from "../types.ts";

export interface Proposal {
  key: number;
  /** As it came; what no field shows stays as it is. */
  check: JsonObject;
  taken: boolean;
  name: string;
  /** JSON, "" where nothing is sent. */
  request: string;
  outcome?: Outcome;
}

export type Outcome = { kind: "busy" } | { kind: "tested"; result: Result } | { kind: "created"; id: string } | { kind: "refused"; messages: string[] };

export interface Defaults {
  every: string;
  timeoutMs: string;
}

/** Those of the chosen methods, with the health of the services when it is wanted; of none chosen all. */
export function proposalsFrom(checks: readonly JsonObject[], chosen: ReadonlySet<string>, withHealth: boolean): Proposal[] {
  return checks
    .filter((check) => {
      const { mode, service, method } = targetOf(check);
      return mode === "health" ? withHealth : chosen.size === 0 || chosen.has(`${textOf(service)}/${textOf(method)}`);
    })
    .map((check, key) => {
      const { request } = targetOf(check);
      return { key, check, taken: true, name: textOf(check["name"]), request: request === undefined ? "" : JSON.stringify(request, null, 2) };
    });
}

/** Refused here as the server would, when the request is no JSON. */
export function documentOf({ check, name, request }: Proposal, { every, timeoutMs }: Defaults): JsonObject {
  const timeout = timeoutMs.trim();
  if (timeout !== "" && !/^\d+$/.test(timeout)) throw new Problem(422, "invalid_argument", t("the timeout is no number of milliseconds"));
  return {
    ...check,
    name: name.trim(),
    ...(every.trim() && { schedule: { every: every.trim() } }),
    ...(timeout && { timeoutMs: Number(timeout) }),
    target: { ...targetOf(check), ...(request.trim() !== "" && { request: parsed(request) }) },
  };
}

export function isCall({ check }: Proposal): boolean {
  return targetOf(check)["mode"] === "call";
}

function targetOf(check: JsonObject): JsonObject {
  return isObject(check["target"]) ? check["target"] : {};
}

function parsed(request: string): Json {
  try {
    return JSON.parse(request) as Json;
  } catch (error) {
    throw new Problem(422, "invalid_argument", t("the request is not JSON: {why}", { why: (error as Error).message }));
  }
}

export function messagesOf(error: unknown): string[] {
  if (!(error instanceof Problem)) return [String(error)];
  return error.fields.length > 0 ? error.fields.map(({ pointer, message }) => `${pointer} ${message}`.trim()) : [error.message];
}
