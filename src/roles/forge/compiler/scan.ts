/**
 * One pass over the tokens of a file, for what the parser does not tell: the line of every declaration, which imports
 * are public, and how large and deep the file is. It judges nothing but size: a file that is wrong is the parser's to refuse.
 */
import { limits } from "../limits.ts";

export type DeclarationKind = "package" | "message" | "enum" | "service" | "oneof" | "field" | "extension" | "value" | "method";

export interface Declaration {
  kind: DeclarationKind;
  name: string;
  /** Full name of what it is declared in, "" for a file without a package. */
  scope: string;
  line: number;
  /** Of a field or an enum value; NaN when it is not a number. */
  number: number | undefined;
}

export interface ImportLine {
  path: string;
  public: boolean;
  line: number;
}

export interface Scan {
  /** "proto2" when the file does not say. */
  syntax: string;
  edition: string;
  package: string;
  imports: ImportLine[];
  declarations: Declaration[];
  /** Full names of enums that allow two names for a number. */
  aliasing: Set<string>;
  tokens: number;
  /** The first thing that stopped the scan, if any. */
  fault: { line: number; message: string } | undefined;
}

interface Token {
  text: string;
  line: number;
}

type ScopeKind = "file" | "message" | "enum" | "service" | "oneof" | "extend" | "other";

interface Scope {
  kind: ScopeKind;
  path: string;
}

// Blank space and comments · strings · names and numbers · anything else, one character at a time.
const tokenPattern = /(\s+|\/\/[^\n]*|\/\*[^]*?\*\/)|"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'|[\w.]+|[^]/y;

export function scan(text: string): Scan {
  const found: Scan = {
    syntax: "proto2",
    edition: "",
    package: "",
    imports: [],
    declarations: [],
    aliasing: new Set(),
    tokens: 0,
    fault: undefined,
  };
  const scopes: Scope[] = [{ kind: "file", path: "" }];
  let statement: Token[] = [];

  for (const token of tokensOf(text)) {
    found.tokens++;
    found.fault = faultOf(token, scopes.length - 1, found.tokens);
    if (found.fault) return found;
    const scope = scopes.at(-1)!;
    if (token.text === "{") {
      const inner = scope.kind === "other" ? undefined : openBlock(found, scope, statement);
      scopes.push(inner ?? { kind: "other", path: scope.path });
      if (inner) statement = [];
    } else if (token.text === "}") {
      // The braces of an option value end inside a statement that goes on.
      if (scopes.length > 1) scopes.pop();
      if (scope.kind !== "other") statement = [];
    } else if (scope.kind === "other") {
      continue;
    } else if (token.text === ";") {
      endStatement(found, scope, statement);
      statement = [];
    } else {
      statement.push(token);
    }
  }
  return found;
}

function* tokensOf(text: string): Generator<Token> {
  const pattern = new RegExp(tokenPattern);
  let line = 1;
  for (let match = pattern.exec(text); match !== null && match[0] !== ""; match = pattern.exec(text)) {
    if (match[1] === undefined) yield { text: match[0], line };
    for (let at = match[0].indexOf("\n"); at >= 0; at = match[0].indexOf("\n", at + 1)) line++;
  }
}

function faultOf(token: Token, depth: number, tokens: number): Scan["fault"] {
  const { text, line } = token;
  if (tokens > limits.tokens) return { line, message: `the file is too long: more than ${limits.tokens} tokens` };
  if (text === "{" && depth >= limits.nesting) return { line, message: `the file is nested too deep: more than ${limits.nesting} levels` };
  if (text === '"' || text === "'") return { line, message: "a string is not closed on its line" };
  if (text === "\0") return { line, message: "there is a NUL character: save the file as UTF-8" };
  if ((text[0] === '"' || text[0] === "'") && Buffer.byteLength(text) > limits.stringBytes) {
    return { line, message: `a string is too long: at most ${limits.stringBytes} bytes are allowed` };
  }
  return undefined;
}

/** What a `{` after these tokens opens; undefined when it is the value of an option. */
function openBlock(found: Scan, scope: Scope, statement: Token[]): Scope | undefined {
  const words = statement[0]?.text === "export" || statement[0]?.text === "local" ? statement.slice(1) : statement;
  const [keyword, name] = words;
  if (words.length === 2 && keyword && name) {
    switch (keyword.text) {
      case "message":
      case "enum":
      case "service":
        declare(found, keyword.text, scope, name);
        return { kind: keyword.text, path: join(scope.path, name.text) };
      case "oneof":
        // Fields of a oneof are fields of its message.
        declare(found, "oneof", scope, name);
        return { kind: "oneof", path: scope.path };
      case "extend":
        return { kind: "extend", path: scope.path };
    }
  }
  if (keyword?.text === "rpc" && name) {
    declare(found, "method", scope, name);
    return { kind: "other", path: scope.path };
  }
  const group = words.findIndex((word) => word.text === "group");
  const groupName = words[group + 1];
  if ((group === 0 || group === 1) && groupName && words[group + 2]?.text === "=") {
    declare(found, "message", scope, groupName);
    const field = { text: groupName.text.toLowerCase(), line: groupName.line, number: numberAt(words, group + 3) };
    declare(found, scope.kind === "extend" ? "extension" : "field", scope, field);
    return { kind: "message", path: join(scope.path, groupName.text) };
  }
  return words.length === 0 ? { kind: "other", path: scope.path } : undefined;
}

function endStatement(found: Scan, scope: Scope, statement: Token[]): void {
  const [first, second] = statement;
  if (!first || !second) return;
  if (first.text === "rpc" && scope.kind === "service") return declare(found, "method", scope, second);
  const equals = statement.findIndex((token) => token.text === "=" || token.text === "[");
  if (scope.kind === "file" && fileStatement(found, scope, statement)) return;
  if (first.text === "option" && second.text !== "=") {
    if (scope.kind === "enum" && second.text === "allow_alias" && statement[3]?.text === "true") found.aliasing.add(scope.path);
    return;
  }
  const name = statement[equals - 1];
  if (statement[equals]?.text !== "=" || !name) return;
  const numbered = { ...name, number: numberAt(statement, equals + 1) };
  if (scope.kind === "enum") declare(found, "value", scope, numbered);
  else if (scope.kind === "message" || scope.kind === "oneof") declare(found, "field", scope, numbered);
  else if (scope.kind === "extend") declare(found, "extension", scope, numbered);
}

function fileStatement(found: Scan, scope: Scope, statement: Token[]): boolean {
  const [first, second] = statement;
  switch (first!.text) {
    case "syntax":
      found.syntax = stringIn(statement);
      return true;
    case "edition":
      found.syntax = "editions";
      found.edition = stringIn(statement);
      return true;
    case "package":
      for (const name of second!.text.split(".")) declare(found, "package", scope, { text: name, line: second!.line });
      found.package = second!.text;
      scope.path = second!.text;
      return true;
    case "import":
      if (second!.text !== "option") {
        found.imports.push({ path: stringIn(statement), public: second!.text === "public", line: first!.line });
      }
      return true;
    default:
      return false;
  }
}

function declare(found: Scan, kind: DeclarationKind, scope: Scope, { text, line, number }: Token & { number?: number }): void {
  found.declarations.push({ kind, name: text, scope: scope.path, line, number });
}

function stringIn(statement: Token[]): string {
  return statement.filter((token) => /^["']/.test(token.text)).map((token) => token.text.slice(1, -1)).join("");
}

/** A whole number as protobuf writes it: decimal, 0x…, 0… (octal), with a sign. */
function numberAt(statement: Token[], at: number): number {
  const negative = statement[at]?.text === "-";
  const text = statement[negative ? at + 1 : at]?.text ?? "";
  let value = Number.NaN;
  if (/^0[0-7]+$/.test(text)) value = Number.parseInt(text, 8);
  else if (/^(0|[1-9]\d*|0[xX][\da-fA-F]+)$/.test(text)) value = Number(text);
  return negative ? -value : value;
}

export function join(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}
