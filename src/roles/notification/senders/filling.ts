/** `{to}` and `{text}` in what a person wrote, filled so that a value stays a value in the notation around it. */
import type { Body } from "./provider.ts";

type Values = Record<string, string>;

const filled = (text: string, values: Values, written: (value: string) => string) =>
  text.replace(/\{(\w+)\}/g, (mark, name: string) => (Object.hasOwn(values, name) ? written(values[name]!) : mark));

export function filledUrl(url: string, values: Values): string {
  return filled(url, values, (value) => encodeURIComponent(value.toWellFormed()));
}

/** Only the strings of the document are filled, after it was read. */
export function filledJson(text: string, values: Values): Body {
  const fill = (node: Body): Body => {
    if (typeof node === "string") return filled(node, values, (value) => value);
    if (Array.isArray(node)) return node.map(fill);
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, fill(value)]));
  };
  return fill(JSON.parse(text) as Body);
}

export function filledForm(text: string, values: Values): Record<string, string> {
  return Object.fromEntries([...new URLSearchParams(text)].map(([name, value]) => [name, filled(value, values, (one) => one)]));
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
