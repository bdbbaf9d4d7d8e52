/** What a body says once its content encodings are taken off, within bounds that a hostile server cannot pass. */
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { failure, type Failure } from "../net/failure.ts";

/** Honest text rarely shrinks more than this; a bomb shrinks a thousandfold. */
const maxRatio = 100;
/** Small answers may unfold to this much whatever their ratio. */
const ratioFloorBytes = 1_048_576;

type Decode = (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer;

const decoders: Record<string, Decode> = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
  // Two formats go by this name: zlib, which the standard means, and the bare stream that some servers send.
  deflate: (bytes, options) => ((bytes[0]! & 15) === 8 && ((bytes[0]! << 8) | (bytes[1] ?? 0)) % 31 === 0 ? inflateSync(bytes, options) : inflateRawSync(bytes, options)),
};

/** Takes off the encodings in `contentEncoding`, last one first. Unknown encodings leave the body as it is. */
export function decodeBody(pieces: Buffer[], contentEncoding: string, maxBytes: number): Buffer | Failure {
  let body = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  const encodings = contentEncoding.split(",").map((name) => name.trim()).filter((name) => name !== "" && name !== "identity");
  if (encodings.length > 3) return failure("http_malformed", `malformed response: ${encodings.length} content encodings on top of each other`);
  for (const name of encodings.reverse()) {
    const decode = decoders[name];
    if (!decode) return body;
    const limit = Math.min(maxBytes, Math.max(ratioFloorBytes, body.length * maxRatio));
    try {
      body = decode(body, { maxOutputLength: limit });
    } catch (error) {
      if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") return failure("http_too_large", `response too large: its ${name} body of ${body.length} bytes unfolds to more than ${limit}`);
      return failure("http_malformed", `malformed response: its body is not ${name}`);
    }
  }
  return body;
}

/** Text in the charset that the content type names, UTF-8 otherwise. */
export function decodeText(body: Uint8Array, contentType: string): string {
  const charset = /charset="?([\w-]+)/i.exec(contentType)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset as "utf-8").decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}
