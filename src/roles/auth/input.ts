/** What people type, checked field by field; everything that is wrong is told at once. */
import type { MemberRole } from "#kernel/call";
import { AppError, type FieldError } from "#kernel/errors";
import { passwordProblem } from "./password_rules.ts";

const emailForm = /^[^\s@<>"(),:;\\[\]\p{C}]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}.-]{0,188}[\p{L}\p{N}])?$/u;
const memberRoles: readonly MemberRole[] = ["owner", "admin", "editor", "viewer"];
const scopeForm = /^[a-z][a-z_-]{0,30}:(read|write)$/;
const longestName = 100;
const mostScopes = 32;

export function normaliseEmail(text: string): string {
  return text.trim().normalize("NFC").toLowerCase();
}

export function isEmail(email: string): boolean {
  return emailForm.test(email);
}

export interface Input {
  email(value: string): string;
  /** `email` is there because a password that repeats it is refused. */
  newPassword(value: string, email: string, pointer?: string): string;
  name(value: string, fallback: string, pointer?: string): string;
  requiredName(value: string): string;
  role(value: string, fallback?: MemberRole): MemberRole;
  scopes(values: string[]): string[];
  /** 0 is never. */
  expiry(atMs: number, nowMs: number): number;
}

/** Runs `read` over the input and throws `invalid_argument` with every problem it met, or gives what was read. */
export function checked<T>(what: string, read: (input: Input) => T): T {
  const fields: FieldError[] = [];
  const value = read(inputInto(fields));
  if (fields.length === 0) return value;
  throw new AppError("invalid_argument", `${what}: ${fields.map((field) => field.message).join("; ")}`, { fields });
}

function inputInto(fields: FieldError[]): Input {
  const refuse = (pointer: string, message: string) => void fields.push({ pointer, message });
  const name = (value: string, fallback: string, pointer = "/name") => {
    const clean = value.trim().normalize("NFC");
    if (clean.length > longestName || /\p{C}/u.test(clean)) refuse(pointer, `a name has at most ${longestName} characters, none of them invisible`);
    return clean === "" ? fallback : clean;
  };
  return {
    name,
    email(value) {
      const email = normaliseEmail(value);
      if (!isEmail(email)) refuse("/email", `${quoted(value)} is not an e-mail address such as you@example.org`);
      return email;
    },
    newPassword(value, email, pointer = "/password") {
      const problem = passwordProblem(value, email);
      if (problem !== undefined) refuse(pointer, problem);
      return value;
    },
    requiredName(value) {
      if (value.trim() === "") refuse("/name", "a name is needed");
      return name(value, "");
    },
    role(value, fallback) {
      const role = value === "" ? fallback : memberRoles.find((known) => known === value);
      if (role === undefined) refuse("/role", `${quoted(value)} is not a member role: use one of ${memberRoles.join(", ")}`);
      return role ?? "viewer";
    },
    scopes(values) {
      const wrong = values.find((value) => !scopeForm.test(value));
      if (wrong !== undefined) refuse("/scopes", `${quoted(wrong)} is not a scope such as checks:read or checks:write`);
      if (values.length > mostScopes) refuse("/scopes", `${values.length} scopes: at most ${mostScopes} are allowed`);
      return [...new Set(values)].sort();
    },
    expiry(atMs, nowMs) {
      if (atMs !== 0 && !(Number.isSafeInteger(atMs) && atMs > nowMs)) refuse("/expiresAt", "the expiry is not a time in the future");
      return atMs;
    },
  };
}

function quoted(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
