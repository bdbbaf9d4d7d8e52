/** Content encodings that answers may be sent in, the preferred one first. */
const encodings = {
  zstd: (bytes: Uint8Array<ArrayBuffer>, once: boolean) => Bun.zstdCompressSync(bytes, { level: once ? 19 : 3 }),
  gzip: (bytes: Uint8Array<ArrayBuffer>, once: boolean) => Bun.gzipSync(bytes, { level: once ? 9 : 4 }),
};
export type Encoding = keyof typeof encodings;

/** What an `Accept-Encoding` header allows; undefined when only the plain bytes will do. */
export function encodingFor(accepted: string | null): Encoding | undefined {
  const names = (accepted ?? "").split(",").map((entry) => entry.trim().toLowerCase()).filter((entry) => !/;\s*q=0(\.0*)?$/.test(entry)).map((entry) => entry.split(";")[0]);
  return names.includes("zstd") ? "zstd" : names.includes("gzip") ? "gzip" : undefined;
}

/** `once`: it is kept and sent many times, so that smaller is worth more than sooner. */
export function encode(bytes: Uint8Array<ArrayBuffer>, encoding: Encoding, once = false): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encodings[encoding](bytes, once));
}
