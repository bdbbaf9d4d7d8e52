/** No composition rules: length, and not one that everybody tries first. */
import { commonPasswords } from "./common_passwords.ts";

const shortestPassword = 8;
// Bounded so that nobody makes us hash megabytes.
export const longestPassword = 256;

/** What is wrong with a new password, or undefined. The password itself is never part of the answer. */
export function passwordProblem(password: string, email: string): string | undefined {
  const { length } = password;
  if (length < shortestPassword) return `a password has at least ${shortestPassword} characters: this has ${length}`;
  if (length > longestPassword) return `a password has at most ${longestPassword} characters: this has ${length}`;
  const plain = password.toLowerCase();
  if (plain === email || plain === email.split("@")[0]) return "a password must not be the e-mail address";
  if (new Set(plain).size === 1) return "a password must not be one character repeated";
  if (commonPasswords.has(plain)) return "this password is among the most used ones: choose another";
  return undefined;
}
