/**
 * Secrets at rest with a key that this process holds: AES-256-GCM under a key derived for each tenant.
 * A sealed text reads `v1.<key id>.<nonce ‖ ciphertext ‖ tag>`; the key id tells a wrong key from a changed text.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { AppError, messageOf } from "#kernel/errors";
import type { SecretPlace, Vault } from "#ports/vault";

const version = "v1";
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

// Deriving costs more than sealing; the bound keeps many tenants from filling the memory.
const cachedKeys = 1_000;

export function createVault(masterKey: Uint8Array): Vault {
  if (masterKey.length !== keyBytes) {
    throw new AppError("failed_precondition", `the master key has ${masterKey.length} bytes: ${keyBytes} are needed`);
  }
  const keyId = createHash("sha256").update("uptimeping key id").update(masterKey).digest("hex").slice(0, 8);
  const tenantKeys = new Map<string, Uint8Array>();

  const keyOf = (tenantId: string): Uint8Array => {
    let key = tenantKeys.get(tenantId);
    if (key === undefined) {
      key = new Uint8Array(hkdfSync("sha256", masterKey, "", `uptimeping vault ${version}\n${tenantId}`, keyBytes));
      if (tenantKeys.size >= cachedKeys) tenantKeys.clear();
      tenantKeys.set(tenantId, key);
    }
    return key;
  };

  return {
    seal(place, plain) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", keyOf(place.tenantId), nonce).setAAD(boundTo(place, keyId));
      const sealed = Buffer.concat([nonce, cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return `${version}.${keyId}.${sealed.toString("base64url")}`;
    },

    open(place, sealed) {
      const [itsVersion, itsKeyId, text, ...more] = sealed.split(".");
      const bytes = Buffer.from(text ?? "", "base64url");
      if (itsVersion !== version || more.length > 0 || bytes.length < nonceBytes + tagBytes) throw refused(place, "it is not a sealed text");
      if (itsKeyId !== keyId) throw refused(place, `it was sealed with the master key ${itsKeyId}, and this process has ${keyId}`);
      const decipher = createDecipheriv("aes-256-gcm", keyOf(place.tenantId), bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
        .setAAD(boundTo(place, keyId))
        .setAuthTag(bytes.subarray(-tagBytes));
      try {
        return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, "utf8") + decipher.final("utf8");
      } catch {
        throw refused(place, "it was changed, or moved here from another place");
      }
    },
  };
}

/** What is authenticated beside the text. JSON, so that no two places read alike. */
function boundTo(place: SecretPlace, keyId: string): Uint8Array {
  return Buffer.from(JSON.stringify([version, keyId, place.tenantId, place.kind, place.id]));
}

function refused(place: SecretPlace, why: string): AppError {
  return new AppError("internal", `the secret ${place.kind} of "${place.id}" cannot be opened: ${why}`);
}

export interface MasterKeySource {
  /** Path of a file that holds the key; "" when not set. */
  file: string;
  /** The key itself as text, for platforms that can only set the environment; "" when not set. */
  env: string;
  /** Where `master.key` is kept when neither is given. */
  dataDir: string;
}

/** The key from the file, else from the environment, else from `master.key` in the data directory, which is made when missing. */
export function loadMasterKey(source: MasterKeySource): Uint8Array {
  if (source.file !== "") return parseKey(readKeyFile(source.file), `master-key-file ${source.file}`);
  if (source.env !== "") return parseKey(Buffer.from(source.env), "the master key in the environment");
  const path = join(source.dataDir, "master.key");
  try {
    return parseKey(readFileSync(path), path);
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT") throw asStartError(error, path);
  }
  createKeyFile(source.dataDir, path);
  return parseKey(readKeyFile(path), path);
}

/**
 * A link, unlike a rename, fails when the name is taken: of two processes that start together both end up with the first one's
 * key, and a crash leaves either no key or a whole one.
 */
function createKeyFile(dataDir: string, path: string): void {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    mkdirSync(dataDir, { recursive: true });
    const file = openSync(draft, "wx", 0o600);
    writeSync(file, `${randomBytes(keyBytes).toString("base64")}\n`);
    fsyncSync(file);
    closeSync(file);
    try {
      linkSync(draft, path);
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") throw error;
    } finally {
      unlinkSync(draft);
    }
    const folder = openSync(dataDir, "r");
    fsyncSync(folder);
    closeSync(folder);
  } catch (error) {
    throw asStartError(error, path);
  }
}

function readKeyFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw asStartError(error, path);
  }
}

function asStartError(error: unknown, path: string): AppError {
  if (error instanceof AppError) return error;
  return new AppError("failed_precondition", `the master key ${path} cannot be used: ${messageOf(error)}`, { cause: error });
}

/** 32 raw bytes, or their base64 or hex as text. The error never shows what was read. */
function parseKey(content: Buffer, from: string): Uint8Array {
  if (content.length === keyBytes) return new Uint8Array(content);
  const text = content.toString("latin1").trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return new Uint8Array(Buffer.from(text, "hex"));
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return new Uint8Array(Buffer.from(text, "base64"));
  throw new AppError("failed_precondition", `${from} holds no key: 32 bytes are needed, raw, in base64 or in hex`);
}
