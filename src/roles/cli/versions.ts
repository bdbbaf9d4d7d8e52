import { AppError } from "#kernel/errors";
import type { Document } from "./documents.ts";

/**
 * The header of an update that says which version the user saw: the one in the document, as a file from `get` has it, else
 * the one that stands now. Takes it out of the document.
 */
export async function ifMatch(document: Document, current: () => Promise<number>): Promise<Record<string, string>> {
  const version = document.version ?? (await current());
  delete document.version;
  if (typeof version !== "number") throw new AppError("malformed", `version ${JSON.stringify(version)} cannot be read: it is a whole number`);
  return { "if-match": `"${version}"` };
}
