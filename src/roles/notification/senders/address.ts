/** Addresses of requests, made so that a value can be a part of a path and nothing more. */

/** `path\`/rooms/${id}/send\``: every value becomes one segment, or a part of one. */
export function path(fixed: TemplateStringsArray, ...values: string[]): string {
  return fixed.map((part, at) => part + (at < values.length ? segment(values[at]!) : "")).join("");
}

/** A path below the address of a service, which may itself be below a path. */
export function below(base: string, relative: string): string {
  return base.replace(/\/+$/, "") + relative;
}

/** "." and ".." would climb; ":" is allowed in a path and some tokens are known by it. */
function segment(value: string): string {
  return /^\.+$/.test(value) ? "_" : encodeURIComponent(value.toWellFormed()).replaceAll("%3A", ":");
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

export const basic = (user: string, password: string) => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` });
