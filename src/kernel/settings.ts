/**
 * What a role says of one setting. `app/settings.ts` collects the slices of all roles and reads each setting
 * from its three places: settings file `http-port: 8080`, environment `UPTIMEPING_HTTP_PORT`, flag `--http-port`.
 */
export interface Field<T> {
  /** Text of the value when nobody gives one; undefined when the setting may be absent. */
  default: string | undefined;
  /** One line for `--help` and the README. */
  help: string;
  /** What is allowed, as shown when the value is wrong: "a whole number from 1 to 65535". */
  allowed: string;
  secret: boolean;
  /** Turns text into the value, or undefined when the text is not allowed. */
  parse(text: string): T | undefined;
  /** What is wrong with a text that is not allowed, a line each, when there is more to say than what is allowed. */
  problemsOf?(text: string): string[];
}

export type Fields = Record<string, Field<unknown>>;
export type ValuesOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** A value that prints as *** wherever it ends up by accident. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  get isSet(): boolean {
    return this.#value !== "";
  }
  toString(): string {
    return "***";
  }
  toJSON(): string {
    return "***";
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "***";
  }
}

/** Keys are written in camelCase in code and kebab-case in every place a person sees. */
export function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `http-port` and `peers.core` in the environment. */
export function variableOf(key: string): string {
  return `UPTIMEPING_${kebab(key).replaceAll(/[-.]/g, "_").toUpperCase()}`;
}

export function text(help: string, fallback = "", allowed = "any text"): Field<string> {
  return { default: fallback, help, allowed, secret: false, parse: (value) => value };
}

export function secret(help: string): Field<Secret> {
  return { default: "", help, allowed: "any text", secret: true, parse: (value) => new Secret(value) };
}

export function whole(help: string, fallback: number, min: number, max: number): Field<number> {
  return {
    default: String(fallback),
    help,
    allowed: `a whole number from ${min} to ${max}`,
    secret: false,
    parse: (value) => {
      const number = /^\d{1,15}$/.test(value.trim()) ? Number(value) : Number.NaN;
      return number >= min && number <= max ? number : undefined;
    },
  };
}

export function port(help: string, fallback: number): Field<number> {
  return { ...whole(help, fallback, 0, 65535), allowed: "a port from 0 to 65535, where 0 picks a free one" };
}

export function flag(help: string, fallback: boolean): Field<boolean> {
  return {
    default: String(fallback),
    help,
    allowed: "true or false",
    secret: false,
    parse: (value) => (value === "true" || value === "" ? true : value === "false" ? false : undefined),
  };
}

export function choice<const T extends string>(help: string, fallback: T, options: readonly T[]): Field<T> {
  return {
    default: fallback,
    help,
    allowed: `one of ${options.join(", ")}`,
    secret: false,
    parse: (value) => options.find((option) => option === value),
  };
}

/** A comma-separated list; `item` refuses an entry by giving false. */
export function list(help: string, fallback: string, allowed: string, item: (entry: string) => boolean = () => true): Field<string[]> {
  return {
    default: fallback,
    help,
    allowed,
    secret: false,
    parse: (value) => {
      const entries = value.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
      return entries.every(item) ? entries : undefined;
    },
  };
}

const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of "500ms", "30s", "5m", "1h30m", "1d"; undefined when it is not a duration. */
export function parseDuration(value: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(value)) return undefined;
  let total = 0;
  for (const part of value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) total += Number(part[1]) * unitMs[part[2]!]!;
  return total;
}

/** The shortest text for a duration: 90000 is "1m30s". */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  let rest = ms;
  let out = "";
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const count = Math.floor(rest / unitMs[unit]!);
    if (count > 0) out += `${count}${unit}`;
    rest -= count * unitMs[unit]!;
  }
  return out;
}

export function duration(help: string, fallback: string, minMs: number, maxMs: number): Field<number> {
  return {
    default: fallback,
    help,
    allowed: `a duration from ${formatDuration(minMs)} to ${formatDuration(maxMs)}, such as 30s, 5m or 1d`,
    secret: false,
    parse: (value) => {
      const ms = parseDuration(value.trim());
      return ms !== undefined && ms >= minMs && ms <= maxMs ? ms : undefined;
    },
  };
}
