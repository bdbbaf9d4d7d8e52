/** Chunked transfer coding (RFC 9112, 7.1), strict: byte by byte between the data, which is handed on in slices. */
const lf = 10;
const cr = 13;
const space = 32;
const tab = 9;
const semicolon = 59;

const maxOverheadBytes = 1_048_576;

export class ChunkReader {
  #step: "size" | "extension" | "sizeEnd" | "data" | "dataCr" | "dataLf" | "trailer" = "size";
  #digits = 0;
  #left = 0;
  #overhead = 0;
  #lineLength = 0;

  constructor(private readonly take: (piece: Buffer) => boolean) {}

  /** "more", "complete", "too large", or what is wrong. */
  read(bytes: Buffer, start: number): string {
    let at = start;
    while (at < bytes.length) {
      if (this.#step === "data") {
        const end = Math.min(bytes.length, at + this.#left);
        if (!this.take(bytes.subarray(at, end))) return "too large";
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#step = "dataCr";
        continue;
      }
      // Sizes, extensions and trailers are bounded too: tiny chunks would otherwise cost more than the body they carry.
      if (++this.#overhead > maxOverheadBytes) return "too large";
      const outcome = this.#readByte(bytes[at++]!);
      if (outcome !== "more") return outcome;
    }
    return "more";
  }

  #readByte(byte: number): string {
    switch (this.#step) {
      case "size":
        return this.#readSize(byte);
      case "extension":
        if (byte === cr) this.#step = "sizeEnd";
        else if (byte === lf) return "a chunk size without its line end";
        return "more";
      case "sizeEnd":
        if (byte !== lf) return "a chunk size without its line end";
        this.#step = this.#left === 0 ? "trailer" : "data";
        this.#digits = 0;
        return "more";
      case "dataCr":
        this.#step = "dataLf";
        return byte === cr ? "more" : "a chunk that is longer than its size";
      case "dataLf":
        this.#step = "size";
        return byte === lf ? "more" : "a chunk that is longer than its size";
      default:
        return this.#readTrailer(byte);
    }
  }

  #readSize(byte: number): string {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#left = this.#left * 16 + digit;
      return ++this.#digits > 12 ? "a chunk size of more than 12 digits" : "more";
    }
    if (this.#digits === 0) return `a chunk size that begins with ${JSON.stringify(String.fromCharCode(byte))}`;
    if (byte === cr) this.#step = "sizeEnd";
    else if (byte === semicolon || byte === space || byte === tab) this.#step = "extension";
    else return "a chunk size that is not a hexadecimal number";
    return "more";
  }

  #readTrailer(byte: number): string {
    if (byte === lf) {
      if (this.#lineLength === 0) return "complete";
      this.#lineLength = 0;
    } else if (byte !== cr) this.#lineLength++;
    return "more";
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
