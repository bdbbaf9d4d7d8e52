import type { CliIo } from "./io.ts";

/** Where the server of this machine keeps its data; the same names and the same default as `serve`. */
export function dataDirOf(io: CliIo, flags: { dataDir?: string }): string {
  return flags.dataDir ?? io.env.UPTIMEPING_DATA_DIR ?? "./data";
}
