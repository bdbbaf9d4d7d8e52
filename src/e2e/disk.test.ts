/** What is said to be stored is stored: over a full disk, a backup and a restore; and nobody else reads it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { cpSync, mkdirSync, readdirSync, renameSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createProductFolder, owner, type Product, type ProductFolder } from "../testing/start_product.ts";

interface Check {
  id: string;
  name: string;
}

const document = (name: string) => ({ name, type: "http", target: { url: "http://127.0.0.1:9/", headers: { "X-Filler": "x".repeat(4_000) } }, schedule: { every: "1d" } });

async function namesIn(product: Product): Promise<string[]> {
  const names: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const { body }: { body: { items: Check[]; nextCursor: string | null } } = await product.api("GET", `/checks?limit=200&cursor=${cursor}`);
    names.push(...body.items.map(({ name }) => name));
    cursor = body.nextCursor;
  }
  return names;
}

const mayMount = process.getuid?.() === 0 && Bun.which("unshare") !== null && Bun.spawnSync(["unshare", "--mount", "true"]).exitCode === 0;
const fullDisk = mayMount ? "a full disk" : "a full disk (not tried: making a small disk needs root)";

describe.skipIf(!mayMount)(fullDisk, () => {
  let folder: ProductFolder;
  let disk: string;

  beforeAll(() => {
    folder = createProductFolder();
    disk = join(folder.dir, "disk");
    mkdirSync(disk);
    expect(Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk]).exitCode).toBe(0);
  });
  afterAll(async () => {
    Bun.spawnSync(["umount", "--lazy", disk]);
    await folder[Symbol.asyncDispose]();
  });

  test("ends the process with 74, and what was acknowledged is there on a good disk", async () => {
    const first = await folder.start("--data-dir", join(disk, "data"));
    const acknowledged: string[] = [];
    for (let i = 0; ; i++) {
      const answer = await first.api("POST", "/checks", document(`check ${i}`)).catch(() => undefined);
      if (answer?.status !== 201) break;
      acknowledged.push(`check ${i}`);
    }
    expect(await first.exited).toBe(74);
    expect(first.log()).toContain("the disk refused a write");
    expect(acknowledged.length).toBeGreaterThan(10);

    cpSync(join(disk, "data"), join(folder.dir, "data"), { recursive: true });
    const second = await folder.start();
    expect(await namesIn(second)).toEqual(expect.arrayContaining(acknowledged));
    expect((await second.api("POST", "/checks", document("after"))).status).toBe(201);
    expect((await second.api<{ ok: boolean }>("GET", "/audit/verify")).body.ok).toBe(true);
    expect(await second.stop()).toBe(0);
  }, 60_000);

  test("is told in one sentence by a process that cannot even start on it", async () => {
    writeFileSync(join(disk, "filler"), "");
    const rest = Bun.spawnSync(["dd", "if=/dev/zero", `of=${join(disk, "filler")}`, "bs=4k"]);
    expect(rest.stderr.toString()).toContain("No space left");
    const failed = await folder.start("--data-dir", join(disk, "other")).then(() => "it started", (error: Error) => error.message);
    expect(failed).toMatch(/^it ended with 74: uptimeping: [^\n]*no space left[^\n]*\n$/);
  }, 30_000);
});

describe("on a good disk", () => {
  const folder = createProductFolder();
  let product: Product;
  let channel: { id: string };

  beforeAll(async () => {
    product = await folder.start();
    for (const name of ["one", "two", "three"]) await product.api("POST", "/checks", document(name));
    channel = (await product.api<{ id: string }>("POST", "/channels", { type: "webhook", name: "Hook", settings: { url: "http://127.0.0.1:9/", secret: `whsec_${Buffer.alloc(32, 7).toString("base64")}` } })).body;
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  test("nobody else may read what is kept", async () => {
    expect((await product.cli("backup", "copy.upb")).code).toBe(0);
    const kept = ["data", "copy.upb", ...readdirSync(join(folder.dir, "data"), { recursive: true }).map((name) => join("data", String(name)))];
    expect(kept.length).toBeGreaterThan(4);
    const open = kept.filter((name) => (statSync(join(folder.dir, name)).mode & 0o077) !== 0);
    expect(open).toEqual([]);
  });

  test("a backup of the running process brings everything back into an empty folder", async () => {
    await product.api("POST", "/checks", document("after the backup"));
    expect((await product.cli("restore", "copy.upb", "--data-dir", "restored")).code).toBe(0);
    const restored = await folder.start("--data-dir", "restored");
    expect((await namesIn(restored)).toSorted()).toEqual(["one", "three", "two"]);
    // The key came along: a stored secret can still be opened.
    expect((await restored.api<{ settings: object }>("GET", `/channels/${channel.id}`)).body.settings).toMatchObject({ secret: "***" });
    expect((await restored.api<{ answer: string }>("POST", `/channels/${channel.id}/test`)).body.answer).toContain("ECONNREFUSED");
    expect((await restored.api<{ ok: boolean }>("GET", "/audit/verify")).body.ok).toBe(true);
    expect(await restored.stop()).toBe(0);
  }, 30_000);

  test("a restore over a running process is refused, and one that stopped gets its old data kept aside", async () => {
    const refused = await product.cli("restore", "copy.upb");
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("locked");
    expect((await namesIn(product)).length).toBe(4);
    expect(await product.stop()).toBe(0);
    expect((await product.cli("restore", "copy.upb")).code).toBe(0);
    expect(readdirSync(join(folder.dir, "data")).filter((name) => name.includes("before-restore"))).not.toEqual([]);
    product = await folder.start();
    expect((await namesIn(product)).toSorted()).toEqual(["one", "three", "two"]);
    expect((await product.api<{ user: { email: string } }>("GET", "/auth/me")).body.user.email).toBe(owner.email);
  }, 30_000);

  test("a damaged backup changes nothing", async () => {
    const copy = join(folder.dir, "copy.upb");
    const bytes = new Uint8Array(await Bun.file(copy).arrayBuffer());
    writeFileSync(join(folder.dir, "half.upb"), bytes.subarray(0, bytes.length / 2));
    expect(await product.stop()).toBe(0);
    const before = readdirSync(join(folder.dir, "data")).toSorted();
    const refused = await product.cli("restore", "half.upb");
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).not.toContain("    at ");
    expect(readdirSync(join(folder.dir, "data")).toSorted()).toEqual(before);
  });

  test("a damaged, a newer and a foreign database are each told in one sentence", async () => {
    const path = join(folder.dir, "data/uptimeping.db");
    const good = await Bun.file(path).bytes();
    const startOn = async (spoil: () => void) => {
      spoil();
      const said = await folder.start().then(() => "it started", (error: Error) => error.message);
      writeFileSync(path, good);
      return said;
    };
    expect(await startOn(() => writeFileSync(path, "this is no database".repeat(1_000)))).toMatch(/^it ended with 74: uptimeping: [^\n]*not a database\n$/);
    expect(await startOn(() => truncateSync(path, 20_000))).toMatch(/^it ended with 74: uptimeping: [^\n]*malformed\n$/);
    const fromTheFuture = () => {
      using database = new Database(path);
      database.run("INSERT INTO schema_migrations SELECT number + 1000, name, checksum FROM schema_migrations ORDER BY number DESC LIMIT 1");
    };
    expect(await startOn(fromTheFuture)).toMatch(/^it ended with 1: uptimeping: the database is newer[^\n]*\n$/);
    const otherKey = () => renameSync(join(folder.dir, "data/master.key"), join(folder.dir, "master.key"));
    expect(await startOn(otherKey)).toMatch(/^it ended with 1: uptimeping: [^\n]*master key[^\n]*\n$/);
    renameSync(join(folder.dir, "master.key"), join(folder.dir, "data/master.key"));
    expect(await (await folder.start()).stop()).toBe(0);
  }, 30_000);
});
