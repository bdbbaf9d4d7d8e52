/** What was dropped or chosen (files, folders, zips) as `.proto` files named as they import each other. */
import { unzipSync } from "fflate";

export interface ProtoFile {
  /** The path by which others import it. */
  name: string;
  text: string;
}

export interface Skipped {
  name: string;
  because: "kind" | "zip" | "large";
}

export interface Gathered {
  files: ProtoFile[];
  skipped: Skipped[];
}

/** A file with where it lay in what was dropped. */
export interface Dropped {
  path: string;
  file: Pick<File, "arrayBuffer" | "size">;
}

/** As many bytes as the server takes, and room for what is in a zip beside them. */
const largestBytes = 16 * 1024 * 1024;
const largestUnpackedBytes = 8 * 1024 * 1024;

/** `onProgress` hears how many of them were read. */
export async function gather(dropped: readonly Dropped[], onProgress: (done: number, of: number) => void): Promise<Gathered> {
  const found: ProtoFile[] = [];
  const skipped: Skipped[] = [];
  for (const [index, { path, file }] of dropped.entries()) {
    onProgress(index, dropped.length);
    const isZip = /\.zip$/i.test(path);
    if (!isZip && !path.endsWith(".proto")) skipped.push({ name: path, because: "kind" });
    else if (file.size > largestBytes) skipped.push({ name: path, because: "large" });
    else if (isZip) unpack(path, new Uint8Array(await file.arrayBuffer()), found, skipped);
    else found.push({ name: path, text: textOf(new Uint8Array(await file.arrayBuffer())) });
  }
  onProgress(dropped.length, dropped.length);
  return { files: withImportPaths(found), skipped: skipped.filter(({ name }) => !isNoise(name)) };
}

function unpack(path: string, bytes: Uint8Array, found: ProtoFile[], skipped: Skipped[]): void {
  let unpackedBytes = 0;
  try {
    const entries = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (!name.endsWith(".proto") || isNoise(name)) return false;
        unpackedBytes += originalSize;
        if (unpackedBytes <= largestUnpackedBytes) return true;
        skipped.push({ name: `${path}: ${name}`, because: "large" });
        return false;
      },
    });
    for (const [name, content] of Object.entries(entries)) found.push({ name: name.replaceAll("\\", "/"), text: textOf(content) });
  } catch {
    skipped.push({ name: path, because: "zip" });
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** What file managers leave behind, and folders of tools. */
function isNoise(name: string): boolean {
  return /(^|\/)(__MACOSX|\.git|node_modules)\//.test(name) || /(^|\/)(\.DS_Store|Thumbs\.db)$/.test(name);
}

/**
 * A folder or a zip often holds the root of the imports somewhere inside (`repo-main/proto/shop/v1/shop.proto`, imported as
 * `shop/v1/shop.proto`). That root is the one from which most imports, and most packages, lie where they are said to.
 */
export function withImportPaths(files: readonly ProtoFile[]): ProtoFile[] {
  const folders = commonFolders(files.map(({ name }) => name));
  const roots = folders.map((_, count) => folders.slice(0, count).join("")).concat(folders.join(""));
  let best = { root: "", score: -1 };
  for (const root of roots) {
    const score = scoreOf(files.map(({ name, text }) => ({ name: name.slice(root.length), text })));
    if (score > best.score) best = { root, score };
  }
  return files.map(({ name, text }) => ({ name: name.slice(best.root.length), text }));
}

/** `a/b/x.proto`, `a/b/c/y.proto` → `a/`, `b/`. */
function commonFolders(names: readonly string[]): string[] {
  const [first = [], ...rest] = names.map((name) => name.split("/").slice(0, -1).map((part) => `${part}/`));
  const common: string[] = [];
  for (const [index, part] of first.entries()) {
    if (!rest.every((parts) => parts[index] === part)) break;
    common.push(part);
  }
  return common;
}

function scoreOf(files: readonly ProtoFile[]): number {
  const names = new Set(files.map(({ name }) => name));
  let score = 0;
  for (const { name, text } of files) {
    for (const [, path] of text.matchAll(/^\s*import\s+(?:public\s+|weak\s+)?["']([^"']+)["']/gm)) if (names.has(path!)) score += 2;
    const folder = /^\s*package\s+([\w.]+)\s*;/m.exec(text)?.[1]?.replaceAll(".", "/");
    if (folder !== undefined && name.startsWith(`${folder}/`)) score += 1;
  }
  return score;
}

/** A name for a set that nobody named: the package that most files are of, else the first file. */
export function nameFor(files: readonly ProtoFile[]): string {
  const packages = files.flatMap(({ text }) => /^\s*package\s+([\w.]+)\s*;/m.exec(text)?.[1] ?? []);
  const counts = [...Map.groupBy(packages, (name) => name)].toSorted(([, a], [, b]) => b.length - a.length);
  return counts[0]?.[0] ?? files[0]?.name.replace(/^.*\//, "").replace(/\.proto$/, "") ?? "";
}
