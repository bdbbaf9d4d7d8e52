/** Starts the things to check, all in one small C program; see c/target.c for what each does. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { testCertificates } from "../../src/testing/certificates.ts";
import { compileC } from "./compile.ts";
import { spawnHttpsTarget } from "./https_target.ts";
import { pinned } from "./machine.ts";
import { lineOf } from "./processes.ts";

/** How long the targets called "soon" and "late" take, as exactly as Linux can. */
const soonMs = 1;
const lateMs = 100;

export type TargetName = "http" | "http_soon" | "http_late" | "http_never" | "banner" | "grpc" | "dns" | "dns_never" | "https";

export interface Targets {
  pid: number;
  at: Record<TargetName, { port: number; answerBytes: number }>;
  /** A file with the authority that signed the certificate of `https`, and its text. */
  authorityFile: string;
  authorityPem: string;
  stop(): Promise<void>;
}

export async function startTargets(workDir: string): Promise<Targets> {
  const { leaves, caPem } = testCertificates();
  const file = (name: string, text: string) => {
    const path = join(workDir, name);
    writeFileSync(path, text);
    return path;
  };
  const certificate = file("target.crt", leaves.good.certPem);
  const key = file("target.key", leaves.good.keyPem);
  const authorityFile = file("authority.crt", caPem);
  const program = compileC("target", workDir);
  const target = Bun.spawn(pinned("target", [program.path, String(soonMs * 1_000), String(lateMs * 1_000), certificate, key]), { stdout: "pipe", stderr: "inherit" });
  const at = JSON.parse(await lineOf(target.stdout)) as Targets["at"];
  const secure = program.hasTls ? undefined : spawnHttpsTarget(certificate, key);
  if (secure) at.https = { port: Number(await lineOf(secure.stdout)), answerBytes: 1 };
  return {
    pid: target.pid,
    at,
    authorityFile,
    authorityPem: caPem,
    async stop() {
      for (const child of [target, secure]) child?.kill();
      await Promise.all([target.exited, secure?.exited]);
    },
  };
}
