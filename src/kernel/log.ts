/**
 * Structured logs: one JSON object a line (Loki-ready), or a readable line on a terminal.
 * Own 60 lines instead of a library: pino's transports break in a compiled executable, and this is six times cheaper per line.
 */
import { messageOf } from "./errors.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";
export type LogFormat = "json" | "pretty";
export type LogFields = Record<string, unknown>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose every line also carries `fields`. */
  child(fields: LogFields): Log;
}

const order: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };
const secretName = /pass(word)?|secret|token|authorization|cookie|api[-_]?key|dsn|master[-_]?key/i;

export interface LogOptions {
  level: LogLevel;
  format: LogFormat;
  now: () => number;
  write: (line: string) => void;
}

export function createLog(options: LogOptions, bound: LogFields = {}): Log {
  const emit = (level: Exclude<LogLevel, "silent">, message: string, fields: LogFields = {}) => {
    if (order[level] < order[options.level]) return;
    const entry: LogFields = { ...bound, ...fields };
    const time = new Date(options.now()).toISOString();
    const line = options.format === "json" ? jsonLine : prettyLine;
    try {
      options.write(line(time, level, message, entry));
    } catch (error) {
      // A field that cannot be shown (a circle, a bigint) must neither end what was logged nor swallow the line.
      options.write(line(time, level, message, { unshown: messageOf(error) }));
    }
  };
  return {
    debug: (message, fields) => emit("debug", message, fields),
    info: (message, fields) => emit("info", message, fields),
    warn: (message, fields) => emit("warn", message, fields),
    error: (message, fields) => emit("error", message, fields),
    child: (fields) => createLog(options, { ...bound, ...fields }),
  };
}

export const silentLog: Log = createLog({ level: "silent", format: "json", now: () => 0, write: () => {} });

function jsonLine(time: string, level: string, message: string, fields: LogFields): string {
  const own = { time, level, message };
  return `${inert(JSON.stringify({ ...own, ...fields, ...own }, redact))}\n`;
}

function prettyLine(time: string, level: string, message: string, fields: LogFields): string {
  const pairs = Object.entries(fields).map(([key, value]) => {
    const shown = redact(key, value);
    return `${key}=${inert(typeof shown === "string" ? shown : JSON.stringify(shown, redact))}`;
  });
  return `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${inert(message)}${pairs.length > 0 ? `  ${pairs.join(" ")}` : ""}\n`;
}

// What a target or a client sent must not forge a second log line or move the cursor of a terminal.
function inert(text = ""): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (char) => short[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const short: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A field whose name says it is a secret never reaches a log, however deep it lies. */
function redact(key: string, value: unknown): unknown {
  if (secretName.test(key) && value !== undefined && value !== null) return "***";
  if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
  return value;
}
