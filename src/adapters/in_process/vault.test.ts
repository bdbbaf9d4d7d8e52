import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createVault, loadMasterKey } from "./vault.ts";

const masterKey = new Uint8Array(32).fill(65);
const place = { tenantId: "ten_1", kind: "channel.settings", id: "chn_1" };

test("what was sealed opens in its own place", () => {
  const vault = createVault(masterKey);
  for (const plain of ["", "secret", "é🙂\u0000", "x".repeat(100_000)]) expect(vault.open(place, vault.seal(place, plain))).toBe(plain);
});

test("the same secret sealed twice gives two texts, and neither shows it", () => {
  const vault = createVault(masterKey);
  const [one, two] = [vault.seal(place, "hunter2hunter2"), vault.seal(place, "hunter2hunter2")];
  expect(one).not.toBe(two);
  expect(Buffer.from(one.split(".")[2]!, "base64url").includes("hunter2")).toBe(false);
});

test("a ciphertext moved to another tenant, row or column does not open", () => {
  const vault = createVault(masterKey);
  const sealed = vault.seal(place, "secret");
  for (const moved of [{ tenantId: "ten_2" }, { kind: "check.target" }, { id: "chn_2" }, { kind: "channel.settings|chn", id: "_1" }]) {
    expect(() => vault.open({ ...place, ...moved }, sealed)).toThrow("it was changed, or moved here from another place");
  }
});

test("a changed ciphertext does not open, whichever bit was flipped", () => {
  const vault = createVault(masterKey);
  const [version, keyId, text] = vault.seal(place, "secret").split(".");
  const bytes = Buffer.from(text!, "base64url");
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes);
    changed[i]! ^= 1;
    expect(() => vault.open(place, `${version}.${keyId}.${changed.toString("base64url")}`)).toThrow("it was changed");
  }
  expect(() => vault.open(place, `${version}.${keyId}.${bytes.subarray(0, 20).toString("base64url")}`)).toThrow("not a sealed text");
  expect(() => vault.open(place, "secret")).toThrow("not a sealed text");
});

test("another master key is told apart from a changed text", () => {
  const sealed = createVault(masterKey).seal(place, "secret");
  expect(() => createVault(new Uint8Array(32).fill(66)).open(place, sealed)).toThrow(/sealed with the master key [0-9a-f]{8}, and this process has [0-9a-f]{8}/);
});

test("neither the vault nor its errors show a secret", () => {
  const vault = createVault(masterKey);
  const secrets = ["AAAAAAAA", Buffer.from(masterKey).toString("base64"), Buffer.from(masterKey).toString("hex"), "65, 65", "plain text"];
  let error: unknown;
  try {
    vault.open({ ...place, id: "chn_2" }, vault.seal(place, "plain text"));
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code: "internal" });
  for (const shown of [JSON.stringify(vault), Bun.inspect(vault), String(error), Bun.inspect(error)]) {
    for (const secret of secrets) expect(shown).not.toContain(secret);
  }
});

test("a master key of the wrong size is refused", () => {
  expect(() => createVault(new Uint8Array(16))).toThrow("the master key has 16 bytes: 32 are needed");
});

function inFolder(work: (dir: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), "uptimeping-key-"));
  try {
    work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

test("the first start makes a key that only its user can read; the next start finds the same", () => {
  inFolder((dir) => {
    const dataDir = join(dir, "data");
    const first = loadMasterKey({ file: "", env: "", dataDir });
    expect(first.length).toBe(32);
    expect(statSync(join(dataDir, "master.key")).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir)).toEqual(["master.key"]);
    expect(loadMasterKey({ file: "", env: "", dataDir })).toEqual(first);
  });
});

test("a given key is read raw, in hex and in base64, from its file before the environment", () => {
  inFolder((dir) => {
    const file = join(dir, "key");
    const env = Buffer.alloc(32, 9).toString("base64");
    for (const content of [Buffer.from(masterKey), `${Buffer.from(masterKey).toString("hex")}\n`, Buffer.from(masterKey).toString("base64url")]) {
      writeFileSync(file, content);
      expect(loadMasterKey({ file, env, dataDir: dir })).toEqual(masterKey);
    }
    expect(loadMasterKey({ file: "", env, dataDir: dir })).toEqual(new Uint8Array(32).fill(9));
    expect(readdirSync(dir)).toEqual(["key"]);
  });
});

test("a key that is missing or no key is refused by name, without what was read, and never replaced", () => {
  inFolder((dir) => {
    expect(() => loadMasterKey({ file: join(dir, "none"), env: "", dataDir: dir })).toThrow(/the master key .*none cannot be used: ENOENT/);
    expect(() => loadMasterKey({ file: "", env: "hunter2", dataDir: dir })).toThrow("the master key in the environment holds no key: 32 bytes are needed, raw, in base64 or in hex");
    writeFileSync(join(dir, "master.key"), "");
    expect(() => loadMasterKey({ file: "", env: "", dataDir: dir })).toThrow(/master.key holds no key/);
    expect(readFileSync(join(dir, "master.key"), "utf8")).toBe("");
  });
});

test("a data directory that cannot be made is told in one sentence", () => {
  inFolder((dir) => {
    writeFileSync(join(dir, "file"), "");
    expect(() => loadMasterKey({ file: "", env: "", dataDir: join(dir, "file", "data") })).toThrow(/^the master key .* cannot be used: ENOTDIR/);
  });
});
