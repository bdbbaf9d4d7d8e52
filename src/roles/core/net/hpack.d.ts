/** The part of hpack.js that is used; it ships no types. */
declare module "hpack.js" {
  interface Decompressor {
    write(bytes: Uint8Array): boolean;
    execute(onError?: (error: Error | null) => void): void;
    read(): { name: string; value: string } | null;
  }
  const hpack: { decompressor: { create(options: { table: { size: number } }): Decompressor } };
  export default hpack;
}
