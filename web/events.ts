/**
 * The live stream: one EventSource for the whole page. While it is down the dashboard says so; when it is back, every
 * page that listens to "resumed" reads again what it may have missed. A hidden tab lets go of its connection, because
 * a browser grants only six to one server.
 */
import { get } from "./api.ts";
import { cell } from "./store.ts";
import type { CheckStatus, Incident, Notification, Result, Session } from "./types.ts";

export interface EventMap {
  result: Result;
  "check.status": { checkId: string; state: CheckStatus["state"]; stateBefore: string; at: string };
  incident: Incident;
  notification: Notification;
  resumed: undefined;
}

export const stream = cell<"connecting" | "live" | "lost">("connecting");

const names = ["result", "check.status", "incident", "notification"] as const;
const hiddenForMs = 60_000;
const slowestRetryMs = 15_000;
const listeners = new Map<string, Set<(data: never) => void>>();

export function listen<K extends keyof EventMap>(name: K, listener: (data: EventMap[K]) => void): () => void {
  const ofName = listeners.get(name) ?? new Set();
  listeners.set(name, ofName.add(listener));
  return () => ofName.delete(listener);
}

function tell<K extends keyof EventMap>(name: K, data: EventMap[K]): void {
  for (const listener of listeners.get(name) ?? []) (listener as (data: EventMap[K]) => void)(data);
}

/** Connects until the returned function is called. */
export function connectEvents(): () => void {
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let hidden: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let wasLive = false;

  const open = () => {
    clearTimeout(retry);
    source?.close();
    source = new EventSource("/api/v1/events");
    source.addEventListener("open", () => {
      failures = 0;
      stream.set("live");
      if (wasLive) tell("resumed", undefined);
      wasLive = true;
    });
    source.addEventListener("error", () => {
      stream.set(wasLive || failures > 0 ? "lost" : "connecting");
      // An answer other than 200 ends an EventSource for good, most often because the session ran out.
      if (source?.readyState === EventSource.CLOSED) retry = setTimeout(renewThenOpen, waitMs(failures++));
    });
    for (const name of names) source.addEventListener(name, (event) => tell(name, JSON.parse(event.data)));
  };
  // Any authenticated request renews the cookies when they need it, which an EventSource cannot do.
  const renewThenOpen = () => void get<Session>("/auth/me").then(open, () => (retry = setTimeout(renewThenOpen, waitMs(failures++))));
  const onVisibility = () => {
    clearTimeout(hidden);
    if (document.hidden) hidden = setTimeout(() => (source?.close(), (source = null)), hiddenForMs);
    else if (!source) open();
  };

  document.addEventListener("visibilitychange", onVisibility);
  open();
  return () => {
    document.removeEventListener("visibilitychange", onVisibility);
    clearTimeout(retry);
    clearTimeout(hidden);
    source?.close();
    stream.set("connecting");
  };
}

function waitMs(failures: number): number {
  return Math.min(slowestRetryMs, 500 * 2 ** failures) * (0.5 + Math.random() / 2);
}
