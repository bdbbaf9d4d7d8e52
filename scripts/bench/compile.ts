/** Compiles the C programs: a target and a client in Bun would take more CPU than what they are to measure. */
import { join } from "node:path";

export interface Program {
  path: string;
  /** False where OpenSSL's headers are not installed (Debian: libssl-dev). */
  hasTls: boolean;
}

const compiler = Bun.which("cc") ?? Bun.which("gcc") ?? Bun.which("clang");

export function compileC(name: "target" | "client", workDir: string): Program {
  if (!compiler) throw new Error("no C compiler was found: install cc, gcc or clang (Debian: apt-get install gcc libc6-dev)");
  const path = join(workDir, name);
  const compile = (stderr: "ignore" | "inherit", ...flags: string[]) =>
    Bun.spawnSync([compiler, "-O2", "-o", path, join(import.meta.dir, "c", `${name}.c`), ...flags], { stderr }).success;
  if (compile("ignore", "-DTLS", "-lssl", "-lcrypto")) return { path, hasTls: true };
  if (compile("inherit")) return { path, hasTls: false };
  throw new Error(`${name}.c was not compiled: see above`);
}
