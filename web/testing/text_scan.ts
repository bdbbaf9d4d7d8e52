/** Finds what a source file says to people: the texts that go through `t()`, and those that do not and should. */
import { parseSync } from "oxc-parser";

interface Node {
  type: string;
  start: number;
  [part: string]: unknown;
}

export interface Scan {
  /** English texts as the locales name them. */
  texts: string[];
  /** "line: text" of what a person would read in English whatever the language. */
  bare: string[];
}

const spoken = new Set(["label", "aria-label", "title", "hint", "legend", "question", "detail", "none", "what", "columns", "busy", "done", "message", "help"]);
/** Attributes that nobody reads. */
const silent = new Set(["class", "place", "sandbox", "draftKey", "href", "key", "id", "name", "type", "d", "viewBox", "points", "transform", "style", "placeholder", "rel", "pattern", "for", "list", "autocomplete", "target"]);
const calls = new Set(["t", "plural", "rich", "count"]);
/** Calls whose text is for machines, logs or developers. */
const machines = new Set(["querySelector", "querySelectorAll", "closest", "Error", "matches", "startsWith", "endsWith", "includes", "split", "join", "replace", "replaceAll", "call", "get", "post", "patch", "remove"]);

export function scanTexts(file: string, source: string): Scan {
  const texts = new Set<string>();
  const bare: string[] = [];
  let unheard = 0;
  const complain = (node: Node, text: string) => unheard === 0 && bare.push(`${source.slice(0, node.start).split("\n").length}: ${text.trim().replaceAll(/\s+/g, " ")}`);
  const visit = (node: Node, isSpoken: boolean): void => {
    if (node.type.startsWith("Import") || (node.type.startsWith("TS") && !/^TS(As|Satisfies|NonNull)Expression$/.test(node.type))) return;
    if (node.type === "CallExpression" || node.type === "NewExpression") return visitCall(node, isSpoken);
    if (node.type === "JSXAttribute") return visitAttribute(node);
    const text = textOf(node);
    if (text !== undefined && isForPeople(node, text, isSpoken)) complain(node, text);
    const inner = node.type === "JSXElement" || node.type === "JSXFragment" ? true : node.type === "Property" ? spoken.has(nameOf(node["key"])) : isSpoken && passesOn(node);
    const isSilent = node.type === "Property" && silent.has(nameOf(node["key"]));
    if (isSilent) unheard++;
    for (const child of childrenOf(node)) visit(child, inner);
    if (isSilent) unheard--;
  };
  const visitCall = (node: Node, isSpoken: boolean): void => {
    const callee = nameOf(node["callee"]);
    const given = node["arguments"] as Node[];
    if (callee === "t" || callee === "rich") choices(given[0]!).forEach((text) => (text === undefined ? complain(node, `${callee}() of what is no literal`) : texts.add(text)));
    if (callee === "plural") choices(given[2]!).forEach((text) => text !== undefined && texts.add(text));
    if (callee === "count" && given[1]?.type === "Literal") texts.add(`{count} ${String((given[2] ?? given[1])["value"])}${given[2] ? "" : "s"}`);
    if (calls.has(callee)) return given.slice(callee === "t" || callee === "rich" ? 1 : 3).forEach((part) => visit(part, false));
    const isMachine = machines.has(callee);
    for (const child of childrenOf(node)) if (!isMachine || (child.type !== "Literal" && child.type !== "TemplateLiteral")) visit(child, isSpoken && callee === "announce");
    if (callee === "announce" && textOf(given[0]!) !== undefined && !/\s/.test(textOf(given[0]!)!)) complain(node, textOf(given[0]!)!);
  };
  const visitAttribute = (node: Node): void => {
    const name = nameOf(node["name"]);
    const value = node["value"] as Node | null;
    if (!value) return;
    if (!silent.has(name)) return visit(value, spoken.has(name));
    unheard++;
    visit(value, false);
    unheard--;
  };
  visit(parseSync(file, source).program as unknown as Node, false);
  return { texts: [...texts], bare };
}

/** What a child of an element gives on: the branches of a condition are read as well, a comparison is not. */
function passesOn({ type }: Node): boolean {
  return ["JSXExpressionContainer", "ConditionalExpression", "LogicalExpression", "ArrayExpression", "ParenthesizedExpression", "TemplateLiteral"].includes(type);
}

function isForPeople(node: Node, text: string, isSpoken: boolean): boolean {
  if (!/\p{L}{2}/u.test(text) || /^(UptimePing$|\{\{)/.test(text.trim())) return false;
  if (node.type === "JSXText") return true;
  // What is written in capitals is a name in every language: DNS, TTL.
  if (/^\p{Lu}{2,5}$/u.test(text.trim())) return false;
  // Elsewhere a sentence gives itself away by its words.
  return isSpoken ? /^\p{Lu}|\s/u.test(text) || /^\p{Ll}{3,}$/u.test(text) : /\p{L}{2,},? \p{L}{2,}|^\p{Lu}\p{Ll}+ \{|\{\} \p{L}{2,}/u.test(text);
}

function textOf(node: Node): string | undefined {
  if (node.type === "JSXText") return String(node["value"]);
  if (node.type === "Literal") return typeof node["value"] === "string" ? node["value"] : undefined;
  if (node.type === "TemplateLiteral") return (node["quasis"] as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join("{}");
  return undefined;
}

/** A literal, or those of a condition; undefined for anything else. */
function choices(node: Node): (string | undefined)[] {
  if (node.type === "ConditionalExpression") return [...choices(node["consequent"] as Node), ...choices(node["alternate"] as Node)];
  return [node.type === "Literal" ? textOf(node) : undefined];
}

function nameOf(node: unknown): string {
  const { name, property, value } = (node ?? {}) as { name?: string | { name: string }; property?: unknown; value?: unknown };
  if (property !== undefined) return nameOf(property);
  return typeof name === "string" ? name : typeof value === "string" ? value : "";
}

function childrenOf(node: Node): Node[] {
  // What is compared is a name of something, and so is the key of a property.
  const skipped = node.type === "BinaryExpression" && /^[!=]==$/.test(String(node["operator"])) ? ["left", "right"] : node.type === "Property" ? ["key"] : [];
  return Object.entries(node)
    .filter(([name]) => !skipped.includes(name))
    .flatMap(([, part]) => (Array.isArray(part) ? part : [part]) as unknown[])
    .filter((part): part is Node => typeof part === "object" && part !== null && typeof (part as Node).type === "string");
}
