/** The stores that a migration goes from and to, by their addresses. */
import { AppError } from "#kernel/errors";
import type { CopySource, CopyTarget } from "#ports/store_copy";

export async function openCopySource(address: string): Promise<CopySource> {
  const { scheme, path } = parse("--from", address);
  if (scheme === "sqlite") return (await import("../adapters/sqlite/copy.ts")).openSqliteSource(path);
  return (await import("../adapters/postgres/copy.ts")).openPostgresSource(address);
}

export async function openCopyTarget(address: string): Promise<CopyTarget> {
  const { scheme, path } = parse("--to", address);
  if (scheme === "sqlite") return (await import("../adapters/sqlite/copy.ts")).openSqliteTarget(path);
  return (await import("../adapters/postgres/copy.ts")).openPostgresTarget(address);
}

function parse(flag: string, address: string): { scheme: "sqlite" | "postgres"; path: string } {
  if (address.startsWith("sqlite:")) return { scheme: "sqlite", path: address.slice("sqlite:".length) || "./data" };
  if (/^postgres(ql)?:\/\//.test(address) && URL.canParse(address)) return { scheme: "postgres", path: "" };
  // It may hold a password, so it is not repeated.
  throw new AppError("malformed", `${flag} names no store: it is sqlite:DIR or postgres://user:password@host:5432/database`);
}
