/** The scripts of the chart's jobs: the nightly dump, beside a program that stands in for pg_dump, and certificates by the executable. */
import { expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { executable } from "../../src/testing/start_product.ts";
import { chart } from "./testing/helm.ts";

const today = new Date().toISOString().slice(0, 10);

test("a dump is there under its day and, the first of a month, under its month", async () => {
  using folder = backups();
  expect(await folder.run("echo whole >\"${2#--file=}\"")).toBe(0);
  expect(folder.files()).toEqual([`daily-${today}.dump`, `monthly-${today.slice(0, 7)}.dump`]);
  expect(readFileSync(join(folder.path, `daily-${today}.dump`), "utf8")).toBe("whole\n");
});

test("of older ones 30 days and 12 months are kept", async () => {
  using folder = backups();
  for (let day = 1; day <= 31; day++) writeFileSync(join(folder.path, `daily-2020-01-${String(day).padStart(2, "0")}.dump`), "");
  for (let month = 1; month <= 12; month++) writeFileSync(join(folder.path, `monthly-2020-${String(month).padStart(2, "0")}.dump`), "");
  expect(await folder.run("echo whole >\"${2#--file=}\"")).toBe(0);
  const files = folder.files();
  expect(files.filter((name) => name.startsWith("daily-"))).toHaveLength(30);
  expect(files.filter((name) => name.startsWith("monthly-"))).toHaveLength(12);
  expect(files).not.toContain("daily-2020-01-02.dump");
  expect(files).toContain("daily-2020-01-03.dump");
  expect(files).not.toContain("monthly-2020-01.dump");
});

test("a dump that failed fails the job, removes nothing and has no name of a whole one", async () => {
  using folder = backups();
  writeFileSync(join(folder.path, "daily-2020-01-01.dump"), "");
  expect(await folder.run("echo half >\"${2#--file=}\"; exit 1")).not.toBe(0);
  expect(folder.files()).toEqual(["daily-2020-01-01.dump", `unfinished-${today}`]);
});

test("certificates are made for every role, and anew by the authority that is there", async () => {
  using folder = pki();
  const first = await folder.run();
  expect([...first.keys()]).toEqual(["up-pki", "up-tls-auth", "up-tls-core"]);
  const ca = new X509Certificate(first.get("up-pki")!["ca.crt"]!);
  for (const role of ["auth", "core"]) {
    const leaf = new X509Certificate(first.get(`up-tls-${role}`)!["tls.crt"]!);
    expect(leaf.checkIssued(ca)).toBe(true);
    expect(leaf.subjectAltName).toBe(`DNS:up-${role}, URI:spiffe://uptimeping/role/${role}`);
    expect(first.get(`up-tls-${role}`)!["ca.crt"]).toBe(ca.toString());
    expect(first.get(`up-tls-${role}`)!["tls.key"]).toContain("PRIVATE KEY");
  }
  for (const [file, text] of Object.entries(first.get("up-pki")!)) writeFileSync(join(folder.authority, file), text);
  const second = await folder.run();
  expect(second.get("up-pki")).toEqual(first.get("up-pki")!);
  expect(second.get("up-tls-core")!["tls.crt"]).not.toBe(first.get("up-tls-core")!["tls.crt"]!);
});

function pki() {
  const root = mkdtempSync(join(tmpdir(), "uptimeping-pki-"));
  const [authority, bin] = [join(root, "authority"), join(root, "bin")];
  mkdirSync(authority);
  mkdirSync(bin);
  symlinkSync(executable, join(bin, "uptimeping"));
  return {
    authority,
    /** Name of the Secret → file → text. */
    async run(): Promise<Map<string, Record<string, string>>> {
      const work = mkdtempSync(join(root, "work-"));
      const env = { PATH: `${bin}:${process.env["PATH"]}`, WORK: work, AUTHORITY: authority, RELEASE: "up", ROLES: "auth core" };
      const child = Bun.spawn(["sh", "-euc", readFileSync(join(chart, "stores/pki.sh"), "utf8")], { env, stdio: ["ignore", "ignore", "pipe"] });
      const said = await new Response(child.stderr).text();
      if ((await child.exited) !== 0) throw new Error(said);
      const secrets = parseAllDocuments(readFileSync(join(work, "secrets.yaml"), "utf8")).map((one) => one.toJS() as { metadata: { name: string }; data: Record<string, string> });
      return new Map(secrets.map(({ metadata, data }) => [metadata.name, Object.fromEntries(Object.entries(data).map(([file, text]) => [file, Buffer.from(text, "base64").toString()]))]));
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

function backups() {
  const root = mkdtempSync(join(tmpdir(), "uptimeping-backups-"));
  const [path, bin] = [join(root, "backups"), join(root, "bin")];
  mkdirSync(path);
  mkdirSync(bin);
  return {
    path,
    files: () => readdirSync(path).sort(),
    run(pgDump: string): Promise<number> {
      writeFileSync(join(bin, "pg_dump"), `#!/bin/sh\n${pgDump}\n`);
      chmodSync(join(bin, "pg_dump"), 0o755);
      const script = readFileSync(join(chart, "stores/backup.sh"), "utf8");
      return Bun.spawn(["sh", "-euc", script], { env: { PATH: `${bin}:${process.env["PATH"]}`, BACKUPS: path, DATABASE_URL: "postgres://db" }, stdio: ["ignore", "ignore", "inherit"] }).exited;
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
