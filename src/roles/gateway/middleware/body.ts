/** Reads what was sent, within its bounds, and says precisely what is wrong with it. */
import { AppError } from "#kernel/errors";
import { unzip, type TextFile } from "./zip.ts";

/** Contracts carry a document as `google.protobuf.Struct`, two messages a level, and are read to a depth of 100. */
const deepest = 40;
/** Each value costs some 10 µs in all the roles that a document passes through, and meanwhile they do nothing else. */
const mostValues = 20_000;
const mostDrained = 16 * 1024 * 1024;
const protoSuffix = ".proto";
const zipBounds = { maxFiles: 2_000, maxBytes: 16 * 1024 * 1024 };

export interface BodyRules {
  maxBytes: number;
  optional: boolean;
  takesFiles: boolean;
}

export async function readBody(request: Request, rules: BodyRules): Promise<unknown> {
  const declared = Number(request.headers.get("content-length") ?? Number.NaN);
  if (declared > rules.maxBytes) {
    await drain(request);
    throw tooLarge(rules.maxBytes);
  }
  const type = request.headers.get("content-type")?.split(";")[0]!.trim().toLowerCase();
  const bytes = await readBytes(request, rules.maxBytes);
  if (bytes.length === 0 && rules.optional) return {};
  if (rules.takesFiles && type === "multipart/form-data") return readForm(request, bytes);
  if (rules.takesFiles && type === "application/zip") return { files: unzip(bytes, protoSuffix, zipBounds) };
  if (type !== "application/json" && !type?.endsWith("+json")) throw unsupported(type, rules.takesFiles);
  return parseJson(bytes);
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (request.body === null) return new Uint8Array();
  // With a declared length the server itself sees to it that no more comes.
  if (request.headers.has("content-length")) return new Uint8Array(await request.arrayBuffer());
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const part of request.body as ReadableStream<Uint8Array>) {
    total += part.length;
    if (total > maxBytes) throw tooLarge(maxBytes);
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Many clients only read the answer once they have sent everything, so a moderate excess is taken in and dropped. */
async function drain(request: Request): Promise<void> {
  let left = mostDrained;
  for await (const part of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    left -= part.length;
    if (left < 0) return;
  }
}

function parseJson(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new AppError("malformed", "the body is not valid JSON in UTF-8", { cause: error });
  }
  refuseUnusable(value, 0, { left: mostValues });
  return value;
}

const halfOfAPair = "the body holds half of a surrogate pair, which is no character";

/** What JSON can say and the rest of the product cannot hold. Nesting counts from the outside, so a hostile body cannot exhaust the stack. */
function refuseUnusable(value: unknown, depth: number, count: { left: number }): void {
  if (--count.left < 0) throw new AppError("malformed", `the body holds more than ${mostValues} values`);
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new AppError("malformed", halfOfAPair);
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new AppError("malformed", `the body holds a number that is too large: the largest is ${Number.MAX_VALUE}`);
  } else if (typeof value === "object" && value !== null) {
    if (depth === deepest) throw new AppError("malformed", `the body is nested deeper than ${deepest} levels`);
    for (const [key, child] of Object.entries(value)) {
      // Assigned to another object, this one would become what that object inherits from, past every check of its fields.
      if (key === "__proto__") throw new AppError("malformed", 'the body holds a field named "__proto__"');
      if (!key.isWellFormed()) throw new AppError("malformed", halfOfAPair);
      refuseUnusable(child, depth + 1, count);
    }
  }
}

/** `{ name, files: [{ name, text }] }` from a form, as the JSON body would say it; archives are unpacked. */
async function readForm(request: Request, bytes: Uint8Array<ArrayBuffer>): Promise<unknown> {
  const form = await new Response(bytes, { headers: { "content-type": request.headers.get("content-type") ?? "" } }).formData().catch((error: unknown) => {
    throw new AppError("malformed", "the body is not a valid multipart form", { cause: error });
  });
  const files: TextFile[] = [];
  let { maxFiles, maxBytes } = zipBounds;
  const fields: Record<string, unknown> = {};
  for (const [key, value] of form.entries() as Iterable<[string, string | File]>) {
    if (typeof value === "string") fields[key] = value;
    else if (value.name.endsWith(".zip")) {
      const unpacked = unzip(await value.bytes(), protoSuffix, { maxFiles, maxBytes });
      // One bound for all archives of a form: many small ones would otherwise unpack to as much as one is forbidden.
      maxFiles -= unpacked.length;
      for (const { text } of unpacked) maxBytes -= Buffer.byteLength(text);
      files.push(...unpacked);
    } else files.push({ name: value.name, text: await value.text() });
  }
  return { ...fields, files };
}

function tooLarge(maxBytes: number): AppError {
  return new AppError("payload_too_large", `the body is too large: ${maxBytes} bytes are allowed (the setting max-body-bytes)`);
}

function unsupported(type: string | undefined, takesFiles: boolean): AppError {
  const given = type === undefined || type === "" ? "no content type was given" : `content type ${JSON.stringify(type)} is not understood`;
  return new AppError("unsupported_media_type", `${given}: send application/json${takesFiles ? ", multipart/form-data or application/zip" : ""}`);
}
