/**
 * Larger answers in fewer bytes, for whoever can read them: a list of a thousand checks shrinks to a tenth.
 * An answer with an ETag is left alone: its bytes are what the tag stands for. Streams never come by here.
 */
import { encode, encodingFor } from "../encodings.ts";

/** Below this the header costs more than is saved. */
const worthwhileBytes = 1_024;

/** The body to send; sets the headers that go with it. */
export function compressed(http: Request, headers: Headers, body: string | null): string | Uint8Array<ArrayBuffer> | null {
  if (body === null || body.length < worthwhileBytes || headers.has("etag")) return body;
  headers.append("vary", "Accept-Encoding");
  const encoding = encodingFor(http.headers.get("accept-encoding"));
  if (encoding === undefined) return body;
  headers.set("content-encoding", encoding);
  return encode(Buffer.from(body), encoding);
}
