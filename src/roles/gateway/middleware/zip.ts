/**
 * The text files of a zip archive, for uploads. Only what common tools write: stored or deflated, not encrypted, not split.
 * Sizes are bounded while inflating, since what an archive says of itself may be a lie.
 */
import { inflateRawSync } from "node:zlib";
import { AppError } from "#kernel/errors";

export interface TextFile {
  name: string;
  text: string;
}

export interface ZipBounds {
  maxFiles: number;
  /** Of all files together, inflated. */
  maxBytes: number;
}

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const localHeader = 0x04034b50;
const endSize = 22;
const longestComment = 65_535;

/** Files whose name ends with `suffix`, in the order of the archive's directory. */
export function unzip(bytes: Uint8Array, suffix: string, bounds: ZipBounds): TextFile[] {
  try {
    return readEntries(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), suffix, bounds);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("malformed", "the archive cannot be read: it is not a valid zip file", { cause: error });
  }
}

function readEntries(zip: Buffer, suffix: string, { maxFiles, maxBytes }: ZipBounds): TextFile[] {
  const end = findEnd(zip);
  const count = zip.readUInt16LE(end + 10);
  const files: TextFile[] = [];
  let at = zip.readUInt32LE(end + 16);
  let left = maxBytes;
  for (let i = 0; i < count; i++) {
    if (zip.readUInt32LE(at) !== directoryEntry) throw new Error("directory entry expected");
    const nameLength = zip.readUInt16LE(at + 28);
    const name = zip.toString("utf8", at + 46, at + 46 + nameLength);
    // What macOS adds beside each file has the same ending and is no text.
    if (name.endsWith(suffix) && !name.startsWith("__MACOSX/")) {
      if (files.length === maxFiles) throw new AppError("payload_too_large", `the archive holds too many files: ${maxFiles} are allowed`);
      const content = inflated(zip, at, left);
      left -= content.length;
      files.push({ name, text: new TextDecoder("utf-8", { fatal: true }).decode(content) });
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return files;
}

/** The directory is found from the end, behind a comment of unknown length. */
function findEnd(zip: Buffer): number {
  for (let at = zip.length - endSize; at >= Math.max(0, zip.length - endSize - longestComment); at--) {
    if (zip.readUInt32LE(at) === endOfDirectory) return at;
  }
  throw new Error("no end of directory");
}

function inflated(zip: Buffer, entry: number, maxBytes: number): Buffer {
  const encrypted = (zip.readUInt16LE(entry + 8) & 1) === 1;
  const method = zip.readUInt16LE(entry + 10);
  const header = zip.readUInt32LE(entry + 42);
  if (encrypted || zip.readUInt32LE(header) !== localHeader) throw new Error("entry cannot be read");
  const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const packed = zip.subarray(start, start + zip.readUInt32LE(entry + 20));
  if (method === 0 && packed.length <= maxBytes) return packed;
  if (method !== 0 && method !== 8) throw new Error(`compression method ${method}`);
  try {
    if (method === 8 && maxBytes > 0) return inflateRawSync(packed, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_BUFFER_TOO_LARGE") throw error;
  }
  throw new AppError("payload_too_large", "the archive is too large once unpacked");
}
