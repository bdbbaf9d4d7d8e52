/**
 * Where the dashboard's files come from. The executable carries them, listed in the manifest of the page's import;
 * from source the page is bundled once, in memory, when somebody first opens it.
 */
import index from "../../../web/index.html";
import type { Asset, Assets } from "./assets.ts";

interface Manifest {
  index: string;
  files?: { input?: string; path: string; loader: string; isEntry: boolean; headers: { etag: string; "content-type": string } }[];
}

export async function dashboardAssets(): Promise<Assets> {
  const manifest = index as unknown as Manifest;
  return manifest.files ? embedded(manifest.files) : bundled(manifest.index);
}

function embedded(files: NonNullable<Manifest["files"]>): Assets {
  const assets = new Map<string, Asset>();
  for (const file of files) {
    const isPage = file.loader === "html";
    const type = file.headers["content-type"];
    assets.set(isPage ? "/index.html" : nameOf(file.path), { type, etag: file.headers.etag, hashed: !isPage, bytes: () => Bun.file(file.path).bytes() });
  }
  return assets;
}

async function bundled(page: string): Promise<Assets> {
  const { outputs } = await Bun.build({ entrypoints: [page], minify: true, splitting: true, publicPath: "/", target: "browser" });
  const assets = new Map<string, Asset>();
  for (const output of outputs) {
    const isPage = output.path.endsWith(".html");
    const bytes = new Uint8Array(await output.arrayBuffer());
    const etag = output.hash ?? Bun.hash(bytes).toString(36);
    assets.set(isPage ? "/index.html" : nameOf(output.path), { type: output.type, etag, hashed: !isPage, bytes: () => Promise.resolve(bytes) });
  }
  return assets;
}

/** Bundles are flat: the last part of a path is the name a page asks for. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/"));
}
