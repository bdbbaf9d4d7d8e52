/**
 * Live events of one tenant as server-sent events: results, changes of state, incidents, notifications.
 *
 * A stream ends when the client leaves, when its session dies (within a second), when it reads too slowly, when a role behind it
 * goes away, and at shutdown. In every case the client connects again and reads the current state.
 */
import type { Call } from "#kernel/call";
import { iso, type Clock } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { ResultEvent } from "#contracts/uptimeping/core/v1/core_pb";
import { credentialOf, type Authentication } from "./middleware/authentication.ts";
import type { Roles, RouteRequest } from "./route.ts";
import { incidentView } from "./views/incidents.ts";
import { notificationView } from "./views/notifications.ts";
import { resultView } from "./views/results.ts";

export interface EventStreams {
  open(request: RouteRequest<undefined, undefined>): Response;
  /** Ends all streams; new ones are refused. */
  close(): void;
}

export interface EventParts {
  roles: () => Pick<Roles, "core" | "incident" | "notification" | "cookies">;
  authentication: Authentication;
  clock: Clock;
  log: Log;
  maxStreams: number;
}

const streamHeaders = { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" };
const keepAliveMs = 15_000;
const sessionCheckMs = 1_000;
/** Bytes that may wait for a slow reader. */
const mostBuffered = 1_048_576;
const slowReaderS = 5;
/** The keep-alive comments see to it that a stream is never silent for long. */
const noLimit = 0;

export function createEventStreams(parts: EventParts): EventStreams {
  /** How to end each open stream, and whose it is. */
  const open = new Map<() => void, string>();
  let closed = false;
  // Who opens many streams must leave the others theirs.
  const mostOfTenant = Math.ceil(parts.maxStreams / 2);
  const countOf = (tenantId: string) => open.values().filter((owner) => owner === tenantId).toArray().length;
  return {
    open(request) {
      if (closed) throw new AppError("unavailable", "this server is stopping: connect again", { retryAfterS: 1 });
      if (open.size >= parts.maxStreams) {
        throw new AppError("unavailable", `too many live event streams are open: ${parts.maxStreams} are allowed (the setting max-event-streams)`);
      }
      const { tenantId } = request.call;
      if (countOf(tenantId) >= mostOfTenant) {
        throw new AppError("unavailable", `too many live event streams of this tenant are open: ${mostOfTenant} are allowed (half of the setting max-event-streams)`);
      }
      if (request.http.method === "HEAD") return new Response(null, { headers: streamHeaders });
      const stream = openStream(parts, request, (end) => open.delete(end));
      open.set(stream.end, tenantId);
      return stream.response;
    },
    close() {
      closed = true;
      for (const end of open.keys()) end();
    },
  };
}

function openStream(parts: EventParts, request: RouteRequest<undefined, undefined>, onEnd: (end: () => void) => void) {
  const { clock, authentication, log } = parts;
  const roles = parts.roles();
  const credential = credentialOf(request.http, roles.cookies)!;
  const left = new AbortController();
  const call: Call = { ...request.call, deadlineMs: Number.POSITIVE_INFINITY, signal: left.signal };
  request.allowIdle(noLimit);
  const encoder = new TextEncoder();
  let sink: ReadableStreamDefaultController<Uint8Array> | undefined;

  const end = () => {
    if (left.signal.aborted) return;
    left.abort();
    keepAlive.cancel();
    sessionCheck.cancel();
    onEnd(end);
    try {
      sink?.close();
    } catch {
      // The client closed it first.
    }
  };
  const write = (text: string) => {
    if (left.signal.aborted || sink === undefined) return;
    if ((sink.desiredSize ?? 0) <= 0) {
      // Closing still sends what is queued; one who does not even read that must not keep the connection.
      request.allowIdle(slowReaderS);
      return end();
    }
    sink.enqueue(encoder.encode(text));
  };
  const send = (event: string, data: unknown) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const follow = async <T>(events: AsyncIterable<T>, each: (event: T) => void) => {
    try {
      for await (const event of events) each(event);
    } catch (error) {
      log.debug("live events interrupted", { requestId: call.requestId, reason: messageOf(error) });
    }
    end();
  };
  const keepAlive = clock.every(keepAliveMs, () => write(": keep-alive\n\n"));
  const sessionCheck = clock.every(sessionCheckMs, () => void authentication.identify(credential, { ...call, deadlineMs: clock.now() + 5_000 }).catch(endIfDenied));
  // A busy auth role is no reason to end a session.
  const endIfDenied = (error: unknown) => {
    if (error instanceof AppError && error.code === "unauthenticated") end();
  };
  request.http.signal.addEventListener("abort", end, { once: true });

  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        sink = controller;
        write("retry: 2000\n: connected\n\n");
        void follow(roles.core.watchResults({}, call), (event) => sendResult(event, send));
        void follow(roles.incident.watchIncidents({}, call), (incident) => send("incident", incidentView(incident)));
        void follow(roles.notification.watchNotifications({}, call), (notification) => send("notification", notificationView(notification)));
      },
      cancel: end,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: mostBuffered }),
  );
  return { end, response: new Response(body, { headers: streamHeaders }) };
}

function sendResult({ result, state, stateBefore }: ResultEvent, send: (event: string, data: unknown) => void): void {
  if (result === undefined) return;
  send("result", resultView(result));
  if (stateBefore !== "" && stateBefore !== state) send("check.status", { checkId: result.checkId, state, stateBefore, at: iso(result.finishedAtMs) });
}
