/** What each provider documents about the one request it takes and the answers it gives. The tests walk this table, and fail for a provider that is not in it. */
import type { z } from "zod";
import type { providers } from "./catalogue.ts";
import { documentedAlerts } from "./test_documented_alerts.ts";
import { documentedChats } from "./test_documented_chats.ts";

export type ProviderType = keyof typeof providers;

type State = "opened" | "acknowledged" | "resolved";

export interface Documented {
  /** A channel whose service listens at `base`; what is secret in it holds the word "canary". */
  settings(base: string): Record<string, unknown>;
  method?: "POST" | "PUT" | "GET";
  /** Where the request goes, as a whole. By state where that differs. */
  path: string | Record<State, string>;
  headers?: Record<string, string>;
  body?: "json" | "form" | "none";
  /** The whole body: names, types, enums and lengths. Strict, so that nothing is sent that nobody reads. */
  schema: z.ZodType;
  /** What a state says in particular; "nothing" where nothing is asked for. */
  says: Record<State, object | "nothing">;
  /** What would wake or command somebody, and must not be in a request. */
  never?: RegExp;
  /** Its way to say yes, when the body matters. */
  yes?: { status: number; body: string };
  /** Its ways to say no for good; 400 and 410 are tried for all. */
  no?: { status: number; body: string }[];
  /** Its way to say later, with what is then waited. 429 with Retry-After is tried for all. */
  later?: { status: number; body: string; headers?: Record<string, string>; waitsMs?: number };
}

export const documented: Record<ProviderType, Documented> = { ...documentedChats, ...documentedAlerts };
