/** The part of hpack.js that is used; it ships no types. */
declare module "hpack.js" {
  interface Decompressor {
    write(bytes: Uint8Array): boolean;
    /** With a callback the error comes in a later turn; as an event it comes at once. */
    execute(): void;
    on(event: "error", listener: (error: Error) => void): void;
    read(): { name: string; value: string } | null;
  }
  const hpack: { decompressor: { create(options: { table: { maxSize: number } }): Decompressor } };
  export default hpack;
}
