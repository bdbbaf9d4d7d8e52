/** A step of a dialogue, as `tcp` and `websocket` checks have them: what is sent, and how what is expected is found. */
import { isUtf8 } from "node:buffer";
import { compilePattern, type Groups } from "#ports/assertion_language";
import type { JsonObject } from "./probe.ts";

/** A step as a person writes it. */
export interface StepTarget {
  send?: string;
  sendHex?: string;
  expect?: { text?: string; regex?: string; bytesHex?: string };
  expand?: boolean;
  startTls?: boolean;
}

export interface Step {
  /** How the step is called in a failure: "step 2". */
  name: string;
  send: Uint8Array | undefined;
  sendsBytes: boolean;
  /** What is sent instead, once the groups of the step before stand in it. */
  template: string | undefined;
  /** TLS begins after it. */
  thenSecure: boolean;
  /** What the groups of its pattern hold; nothing when it has none. */
  groupsIn: (received: Buffer) => Groups;
  /** What is expected, in words; "" when nothing is. */
  expected: string;
  /**
   * Where what is expected ends in what was received, -1 when it is not there. It is looked for from `from` on, unless
   * it is a pattern, for which only the whole counts.
   */
  endIn: (received: Buffer, from: number) => number;
  /** How long what is expected is; 0 for a pattern, which must be tried on the whole again. */
  expectedBytes: number;
}

export function stepOf(step: StepTarget, index: number): Step {
  const { text, regex, bytesHex } = step.expect ?? {};
  const base = {
    name: `step ${index + 1}`,
    send: step.sendHex === undefined ? (step.send === undefined ? undefined : Buffer.from(step.send)) : Buffer.from(step.sendHex, "hex"),
    sendsBytes: step.sendHex !== undefined,
    template: step.expand ? step.send : undefined,
    thenSecure: step.startTls ?? false,
    groupsIn: groupsOf(regex),
  };
  if (regex !== undefined) return { ...base, expected: `a match of ${JSON.stringify(regex)}`, endIn: matcherOf(regex), expectedBytes: 0 };
  if (text === undefined && bytesHex === undefined) return { ...base, expected: "", endIn: () => 0, expectedBytes: 0 };
  const wanted = bytesHex === undefined ? Buffer.from(text!) : Buffer.from(bytesHex, "hex");
  const endIn = (received: Buffer, from: number) => {
    const at = received.indexOf(wanted, from);
    return at < 0 ? -1 : at + wanted.length;
  };
  return { ...base, expected: bytesHex === undefined ? JSON.stringify(text) : `the bytes ${bytesHex}`, endIn, expectedBytes: wanted.length };
}

/** A pattern of ASCII sees one character a byte, so that it can look into any bytes; others see the text that it is. */
function matcherOf(regex: string): (received: Buffer) => number {
  const pattern = compilePattern(regex);
  const isAscii = /^[\u0000-\u007f]*$/.test(regex);
  return (received) => {
    // A pattern that matches nothing at all still waits for an answer.
    if (received.length === 0) return -1;
    if (isAscii || !isUtf8(received)) return pattern.endIn(received.toString("latin1"));
    const text = received.toString("utf8");
    const end = pattern.endIn(text);
    return end < 0 ? -1 : Buffer.byteLength(text.slice(0, end));
  };
}

function groupsOf(regex: string | undefined): (received: Buffer) => Groups {
  const pattern = regex === undefined ? undefined : compilePattern(regex);
  return (received) => pattern?.groupsIn(received.toString("utf8")) ?? new Map();
}

const maxShownBytes = 200;

/** One turn of a dialogue as people see it: text where it is text, else hexadecimal; cut short. */
export function shownTurn(step: string, sent: Uint8Array | undefined, received: Uint8Array, ms: number): JsonObject {
  return {
    step,
    ...(sent && shownBytes("sent", sent)),
    ...(received.length > 0 && shownBytes("received", received)),
    ms: Math.round(ms * 100) / 100,
  };
}

function shownBytes(name: string, bytes: Uint8Array): JsonObject {
  const start = Buffer.from(bytes.subarray(0, maxShownBytes));
  const more = bytes.length > maxShownBytes ? "…" : "";
  const text = start.toString("utf8");
  const isText = (isUtf8(start) || more !== "") && !/[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text);
  return isText ? { [name]: text + more } : { [`${name}Hex`]: start.toString("hex") + more };
}
