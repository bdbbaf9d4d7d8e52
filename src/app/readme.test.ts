/** The README is part of the product: what it maps and lists must be what there is. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import packageJson from "../../package.json" with { type: "json" };
import { kebab } from "#kernel/settings";
import { loadRoles, roleNames } from "../roles/index.ts";
import { fieldsOf } from "./settings.ts";

const root = join(import.meta.dir, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");

test("the map names every folder of src, of the roles and of the adapters", () => {
  const foldersOf = (path: string) => readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [`\`${path}/${entry.name}/\``] : []));
  const folders = [...foldersOf("src"), ...foldersOf("src/roles"), ...foldersOf("src/adapters")];
  expect(folders.length).toBeGreaterThan(15);
  expect(folders.filter((folder) => !readme.includes(folder))).toEqual([]);
});

test("the table has every setting with its default", async () => {
  const rows = Object.entries(fieldsOf(await loadRoles(roleNames))).map(([key, field]) => `| \`${kebab(key)}\` | ${field.default ? `\`${field.default}\`` : ""} | ${field.help} |`);
  expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
});

test("every package is named with its reason", () => {
  const packages = Object.keys({ ...packageJson.dependencies, ...packageJson.devDependencies }).filter((name) => !name.startsWith("@types/"));
  const reasons = readme.slice(readme.indexOf("## What it is built from"));
  const short = (name: string) => name.replace(/^@bufbuild\/(?=buf$|protoc)/, "");
  expect(packages.filter((name) => !reasons.includes(`\`${short(name)}\``))).toEqual([]);
});
