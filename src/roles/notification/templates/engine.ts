/**
 * Templates that strangers write: the Handlebars language, parsed by Handlebars, walked by us.
 * The library's own compiler turns templates into JavaScript and cannot be stopped half way; walking the parsed tree
 * needs no generated code, so a template can do nothing but what stands in this file, and every loop counts against a budget.
 * Left out on purpose: partials, decorators, lookup, with, log, raw output and block parameters.
 */
import Handlebars from "handlebars";
import { escapes, type EscapeName, Raw } from "./escapes.ts";
import { formatters } from "./formatters.ts";
import { TemplateProblem, validate } from "./validate.ts";

export interface Template {
  /** Rejects by throwing TemplateProblem when the output or the work grows too large. */
  render(context: object, escape: EscapeName): string;
}

const parser = Handlebars.create();
const longestTemplate = 16_384;
const largestOutput = 65_536;
const mostSteps = 20_000;
const mostItems = 500;

/** Throws TemplateProblem, whose message says what is wrong and on which line. */
export function compile(text: string): Template {
  // A tree instead of a text would skip the parser: the library's worst bug was that.
  if (typeof text !== "string") throw new TemplateProblem("a template is text");
  if (text.length > longestTemplate) throw new TemplateProblem(`the template is ${text.length} characters long: at most ${longestTemplate} are allowed`);
  let program: hbs.AST.Program;
  try {
    program = parser.parse(text);
  } catch (error) {
    throw new TemplateProblem(unreadable((error as Error).message));
  }
  validate(program);
  return {
    render(context, escape) {
      const run: Run = { out: [], size: 0, steps: 0, line: 1, escape };
      const root: Frame = { value: context, parent: undefined, root: context, data: {} };
      walk(program, root, run);
      return run.out.join("");
    },
  };
}

/** The parser names tokens of its grammar; an author needs the line and, for the commonest slip, the cure. */
function unreadable(message: string): string {
  const line = /on line (\d+)/.exec(message)?.[1] ?? "1";
  const cure = message.includes("CLOSE_UNESCAPED") ? ': put a space between "}}" and "}"' : "";
  const near = message.split("\n")[1]?.trim() ?? "";
  return `line ${line}: cannot be read${near === "" ? "" : ` near "${near}"`}${cure}`;
}

interface Run {
  out: string[];
  size: number;
  steps: number;
  /** Of the template, where the work is. */
  line: number;
  escape: EscapeName;
}

/** What a path is looked up in; `../` goes to the parent. */
interface Frame {
  value: unknown;
  parent: Frame | undefined;
  root: unknown;
  /** @index, @key, @first, @last */
  data: Record<string, unknown>;
}

function walk(program: hbs.AST.Program | undefined, frame: Frame, run: Run): void {
  for (const statement of program?.body ?? []) {
    run.line = statement.loc.start.line;
    step(run);
    if (statement.type === "ContentStatement") write((statement as hbs.AST.ContentStatement).value, run);
    else if (statement.type === "MustacheStatement") write(printed(valueOf(statement as hbs.AST.MustacheStatement, frame, run), run.escape), run);
    else if (statement.type === "BlockStatement") walkBlock(statement as hbs.AST.BlockStatement, frame, run);
  }
}

function walkBlock(block: hbs.AST.BlockStatement, frame: Frame, run: Run): void {
  const value = valueOf(block.params[0]!, frame, run);
  const name = (block.path as hbs.AST.PathExpression).original;
  if (name === "each") return walkEach(block, { value, frame }, run);
  const chosen = (name === "if") === isTruthy(value) ? block.program : block.inverse;
  walk(chosen, frame, run);
}

function walkEach(block: hbs.AST.BlockStatement, { value, frame }: { value: unknown; frame: Frame }, run: Run): void {
  const entries = typeof value === "object" && value !== null ? Object.entries(value).slice(0, mostItems) : [];
  if (entries.length === 0) return walk(block.inverse, frame, run);
  entries.forEach(([key, item], index) => {
    const data = { index, key, first: index === 0, last: index === entries.length - 1 };
    walk(block.program, { value: item, parent: frame, root: frame.root, data }, run);
  });
}

/** The value of an expression: a path, a literal, or a formatter applied to other expressions. */
function valueOf(node: hbs.AST.Expression | hbs.AST.MustacheStatement, frame: Frame, run: Run): unknown {
  step(run);
  if (node.type === "PathExpression") return lookUp(node as hbs.AST.PathExpression, frame);
  if (node.type === "MustacheStatement" || node.type === "SubExpression") {
    const { path, params } = node as hbs.AST.SubExpression;
    const formatter = formatters[(path as hbs.AST.PathExpression).original];
    if (formatter === undefined) return valueOf(path as hbs.AST.Expression, frame, run);
    return formatter.run(...params.map((param) => valueOf(param, frame, run)));
  }
  return (node as hbs.AST.StringLiteral).value;
}

/** Own properties only: what an object inherits is code. */
function lookUp(path: hbs.AST.PathExpression, frame: Frame): unknown {
  let from: Frame | undefined = frame;
  for (let up = 0; up < path.depth; up++) from = from?.parent;
  const parts = path.parts as string[];
  if (path.data) {
    return parts[0] === "root" ? dig(frame.root, parts.slice(1)) : dig(dataAt(from), parts);
  }
  return dig(from?.value, parts);
}

function dataAt(frame: Frame | undefined): Record<string, unknown> | undefined {
  return frame?.data;
}

function dig(value: unknown, parts: string[]): unknown {
  let found = value;
  for (const part of parts) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, part)) return undefined;
    found = (found as Record<string, unknown>)[part];
  }
  return found;
}

function isTruthy(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function printed(value: unknown, escape: EscapeName): string {
  if (value instanceof Raw) return escape === "json" ? value.text : escapes[escape](value.text);
  if (value === undefined || value === null) return "";
  return escapes[escape](typeof value === "object" ? JSON.stringify(value) : String(value as string | number | boolean));
}

function write(text: string, run: Run): void {
  run.size += text.length;
  if (run.size > largestOutput) throw new TemplateProblem(`line ${run.line}: the output is larger than ${largestOutput} characters`);
  run.out.push(text);
}

function step(run: Run): void {
  if (++run.steps > mostSteps) throw new TemplateProblem(`line ${run.line}: the template takes more than ${mostSteps} steps: loops in loops grow fast`);
}
