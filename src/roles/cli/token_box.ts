/**
 * Tokens at rest: AES-256-GCM with a key of their own file, so that a copied or shared profile file alone signs nobody in.
 * The place (profile and server) is authenticated: a sealed token moved to a profile of another server does not open.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { AppError } from "#kernel/errors";

export function seal(key: Buffer, place: string, plain: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(place));
  const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
  return ["v1", iv, body, cipher.getAuthTag()].map((part) => (typeof part === "string" ? part : part.toString("base64url"))).join(".");
}

/** Undefined when it was changed, moved, or sealed with another key: the user signs in again. */
export function open(key: Buffer, place: string, sealed: string): string | undefined {
  const [version, iv, body, tag] = sealed.split(".");
  if (version !== "v1" || iv === undefined || body === undefined || tag === undefined) return undefined;
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "base64url"), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(place)).setAuthTag(Buffer.from(tag, "base64url"));
    return Buffer.concat([decipher.update(Buffer.from(body, "base64url")), decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}

/** The key in `path`, made at the first use. */
export function keyIn(path: string): Buffer {
  const found = readKey(path);
  if (found) return found;
  // Written whole under another name first, then linked: of two commands that start together one key wins for both.
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  writeFileSync(draft, randomBytes(32), { mode: 0o600, flag: "wx" });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as { code?: string }).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readKey(path)!;
}

function readKey(path: string): Buffer | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
  if (bytes.length !== 32) throw new AppError("failed_precondition", `${path} is not a key: it has ${bytes.length} bytes, a key has 32; remove it and sign in again`);
  return bytes;
}
