/** What protobuf demands of names and numbers, and what we bound, checked where a line can be named. */
import type { ProtoProblem, ProtoSource } from "#ports/protos";
import { limits } from "../limits.ts";
import { type Declaration, join, type Scan } from "./scan.ts";

const largestField = 536_870_911;
const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

export interface ScannedFile extends ProtoSource {
  scan: Scan;
}

export function ruleProblems(file: ScannedFile): ProtoProblem[] {
  const problems: ProtoProblem[] = [];
  const at = (line: number, message: string) => problems.push({ file: file.name, line, message, severity: "error" });
  const { scan } = file;
  if (scan.fault) {
    at(scan.fault.line, scan.fault.message);
    return problems;
  }
  if (!["proto2", "proto3", "editions"].includes(scan.syntax)) at(1, `the syntax ${JSON.stringify(scan.syntax)} is not known: use "proto3" or "proto2"`);
  for (const declaration of scan.declarations) {
    const message = nameProblem(declaration.name) || numberProblem(declaration);
    if (message !== "") at(declaration.line, message);
  }
  for (const members of membersByScope(scan.declarations).values()) {
    duplicates(members, scan, at);
    if (scan.syntax === "proto3") firstValue(members, at);
  }
  return problems;
}

/** Bounds on all of `what` together. */
export function sizeProblems(files: ScannedFile[], what = "the upload"): ProtoProblem[] {
  const count = (wanted: Declaration["kind"]) =>
    files.reduce((sum, file) => sum + file.scan.declarations.filter(({ kind }) => kind === wanted).length, 0);
  const problems: ProtoProblem[] = [];
  const bound = (unit: string, found: number, allowed: number) => {
    if (found > allowed) problems.push({ file: "", line: 0, message: `${what} is too large: ${found} ${unit}, at most ${allowed} are allowed`, severity: "error" });
  };
  bound("tokens", files.reduce((sum, file) => sum + file.scan.tokens, 0), limits.tokens);
  bound("messages", count("message"), limits.messages);
  bound("methods", count("method"), limits.methods);
  return problems;
}

function nameProblem(name: string): string {
  const shown = JSON.stringify(name.slice(0, 60));
  if (name.length > limits.identifierLength) return `the name ${shown}… is too long: at most ${limits.identifierLength} characters are allowed`;
  if (!identifier.test(name)) return `${shown} is not a name: use letters, digits and "_", not starting with a digit`;
  if (name === "__proto__") return `${shown} cannot be used as a name: JavaScript gives it a meaning of its own`;
  return "";
}

function numberProblem({ kind, name, number }: Declaration): string {
  if (number === undefined) return "";
  if (kind === "value") {
    const fits = Number.isInteger(number) && number >= -(2 ** 31) && number < 2 ** 31;
    return fits ? "" : `the number of "${name}" is wrong: an enum value is a whole number of 32 bits`;
  }
  if (kind !== "field" && kind !== "extension") return "";
  if (!Number.isInteger(number) || number < 1 || number > largestField) {
    return `the number of "${name}" is wrong: a field number is a whole number from 1 to ${largestField}`;
  }
  return number >= 19_000 && number <= 19_999 ? `the number ${number} of "${name}" is wrong: 19000 to 19999 are reserved for protobuf itself` : "";
}

function membersByScope(declarations: Declaration[]): Map<string, Declaration[]> {
  const members = new Map<string, Declaration[]>();
  for (const declaration of declarations) {
    if (declaration.kind === "package") continue;
    const list = members.get(declaration.scope);
    if (list) list.push(declaration);
    else members.set(declaration.scope, [declaration]);
  }
  return members;
}

function duplicates(members: Declaration[], scan: Scan, at: (line: number, message: string) => void): void {
  const names = new Map<string, Declaration>();
  const numbers = new Map<number, Declaration>();
  let fields = 0;
  let values = 0;
  for (const member of members) {
    const sameName = names.get(member.name);
    if (sameName) at(member.line, `"${member.name}" is defined twice in "${member.scope}"${sameName.line > 0 ? `: first on line ${sameName.line}` : ""}`);
    else names.set(member.name, member);
    if (member.kind === "field") fields++;
    if (member.kind === "value") values++;
    if (member.number === undefined || member.kind === "extension") continue;
    if (member.kind === "value" && scan.aliasing.has(member.scope)) continue;
    const sameNumber = numbers.get(member.number);
    if (sameNumber) at(member.line, `the number ${member.number} of "${member.name}" is taken: by "${sameNumber.name}"${sameNumber.line > 0 ? ` on line ${sameNumber.line}` : ""}`);
    else numbers.set(member.number, member);
  }
  const { scope, line } = members[0]!;
  if (fields > limits.fieldsPerMessage) at(line, `"${scope}" is too large: ${fields} fields, at most ${limits.fieldsPerMessage} are allowed`);
  if (values > limits.enumValues) at(line, `"${scope}" is too large: ${values} values, at most ${limits.enumValues} are allowed`);
}

function firstValue(members: Declaration[], at: (line: number, message: string) => void): void {
  const first = members.find((member) => member.kind === "value");
  if (first && first.number !== 0 && Number.isInteger(first.number)) {
    at(first.line, `the first value of the enum "${first.scope}" must be 0 in proto3: "${first.name}" is ${first.number}`);
  }
}

/** The line where a full name is declared, 0 when it is not found. */
export function lineOf(scan: Pick<Scan, "declarations">, fullName: string): number {
  return scan.declarations.find((declaration) => join(declaration.scope, declaration.name) === fullName)?.line ?? 0;
}
