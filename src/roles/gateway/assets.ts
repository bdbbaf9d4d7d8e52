/**
 * The dashboard's files. Names that carry a hash never change, so a browser keeps them for ever; the page itself is asked for anew
 * each time. Only names in the map exist: no path from a request ever reaches a file system.
 */
import { encode, encodingFor, type Encoding } from "./encodings.ts";

export interface Asset {
  type: string;
  etag: string;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  /** Its name changes with its content. */
  hashed: boolean;
}

/** `/chunk-ab12.js` → file; `/index.html` is the page. */
export type Assets = ReadonlyMap<string, Asset>;

const compressible = /^(text\/|application\/(javascript|json|manifest\+json)|image\/svg)/;

export interface AssetServer {
  /** Undefined when nothing of that name is served and the request does not want a page. */
  serve(request: Request, pathname: string): Promise<Response | undefined>;
}

export function createAssetServer(load: () => Promise<Assets>, headers: Record<string, string>): AssetServer {
  let loading: Promise<Assets> | undefined;
  const compressed = new Map<string, Uint8Array<ArrayBuffer>>();

  /** Compressed when first asked for, and kept. */
  const encoded = async (name: string, asset: Asset, encoding: Encoding): Promise<Uint8Array<ArrayBuffer>> => {
    const id = `${encoding} ${name}`;
    let bytes = compressed.get(id);
    if (bytes === undefined) {
      bytes = encode(await asset.bytes(), encoding, true);
      compressed.set(id, bytes);
    }
    return bytes;
  };

  const send = async (request: Request, name: string, asset: Asset): Promise<Response> => {
    const cacheControl = asset.hashed ? "public, max-age=31536000, immutable" : "no-cache";
    const encoding = compressible.test(asset.type) ? encodingFor(request.headers.get("accept-encoding")) : undefined;
    const etag = `"${asset.etag}${encoding ? `-${encoding}` : ""}"`;
    const own = { ...headers, "content-type": asset.type, "cache-control": cacheControl, etag, vary: "Accept-Encoding" };
    if (request.headers.get("if-none-match")?.includes(etag)) return new Response(null, { status: 304, headers: own });
    const bytes = encoding ? await encoded(name, asset, encoding) : await asset.bytes();
    return new Response(bytes, { headers: { ...own, ...(encoding && { "content-encoding": encoding }) } });
  };

  return {
    async serve(request, pathname) {
      const assets = await (loading ??= load().catch((error: unknown) => {
        loading = undefined;
        throw error;
      }));
      const file = assets.get(pathname);
      if (file !== undefined) return send(request, pathname, file);
      // Anything else that a person opens is a place inside the dashboard, which finds its own way.
      const page = assets.get("/index.html");
      const wantsPage = pathname === "/" || (request.headers.get("accept") ?? "").includes("text/html");
      return page !== undefined && wantsPage ? send(request, "/index.html", page) : undefined;
    },
  };
}
