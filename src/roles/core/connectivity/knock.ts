/**
 * One TCP connect to a canary. A refusal is an answer too: a packet went there and another came back. What fails on our own side, or is
 * judged by a process that stood still meanwhile, proves nothing.
 */
import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import type { Clock } from "#kernel/clock";
import { decideEgress, parseAddress, type EgressRules } from "#kernel/egress";
import type { ServerPlace } from "../net/dns_servers.ts";

export type Knock = { heard: "answer" } | { heard: "silence"; why: string } | { heard: "nothing"; why: string };

export interface KnockOptions {
  clock: Clock;
  rules: () => EgressRules;
  timeoutMs: number;
}

/** A timer that fires later than this did so because nobody looked. */
const latenessMs = 500;

const answers = new Set(["ECONNREFUSED", "ECONNRESET"]);
const silences = new Set(["ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EHOSTDOWN", "ETIMEDOUT", "EADDRNOTAVAIL"]);

export async function knock(place: ServerPlace, { clock, rules, timeoutMs }: KnockOptions): Promise<Knock> {
  const startedMs = clock.monotonic();
  const late = Promise.withResolvers<Knock>();
  const closing = new AbortController();
  const timer = clock.after(timeoutMs, () => {
    const stoodStill = clock.monotonic() - startedMs > timeoutMs + latenessMs;
    late.resolve(stoodStill ? { heard: "nothing", why: "this process stood still" } : { heard: "silence", why: `no answer within ${timeoutMs} ms` });
  });
  try {
    return await Promise.race([tryPlace(place, rules, closing.signal), late.promise]);
  } finally {
    timer.cancel();
    closing.abort();
  }
}

async function tryPlace({ host, port }: ServerPlace, rules: () => EgressRules, signal: AbortSignal): Promise<Knock> {
  const found = await addressOf(host);
  if ("heard" in found) return found;
  const refusal = decideEgress(rules(), { address: found.address, port, privateAllowed: true });
  if (refusal !== undefined) return { heard: "nothing", why: refusal };
  if (signal.aborted) return { heard: "nothing", why: "given up" };
  return new Promise((resolve) => {
    const socket = connect({ host: found.address, port });
    const end = (knocked: Knock) => {
      socket.destroy();
      resolve(knocked);
    };
    signal.addEventListener("abort", () => socket.destroy());
    socket.once("connect", () => end({ heard: "answer" }));
    socket.on("error", ({ code = "", message }: NodeJS.ErrnoException) => end(meaningOf(code, message)));
  });
}

/** The first will do: it is about the network, not about the canary. A name that is not resolved is a lost network as well. */
async function addressOf(host: string): Promise<{ address: string } | Knock> {
  if (parseAddress(host)) return { address: host };
  try {
    return { address: (await lookup(host)).address };
  } catch (error) {
    return { heard: "silence", why: `its name is not resolved: ${(error as NodeJS.ErrnoException).code ?? String(error)}` };
  }
}

function meaningOf(code: string, message: string): Knock {
  if (answers.has(code)) return { heard: "answer" };
  return silences.has(code) ? { heard: "silence", why: code } : { heard: "nothing", why: code || message };
}
