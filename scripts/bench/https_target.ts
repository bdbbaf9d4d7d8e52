/** The HTTPS target where OpenSSL's headers are missing: a program of its own, which prints its port. */
import { readFileSync } from "node:fs";
import { addresses } from "./addresses.ts";
import { pinned } from "./machine.ts";

export function spawnHttpsTarget(certificateFile: string, keyFile: string) {
  return Bun.spawn(pinned("target", [process.execPath, import.meta.path, certificateFile, keyFile]), { stdout: "pipe", stderr: "inherit" });
}

if (import.meta.main) {
  const [certificateFile, keyFile] = process.argv.slice(2);
  const tls = { cert: readFileSync(certificateFile!, "utf8"), key: readFileSync(keyFile!, "utf8") };
  const fetch = () => new Response('{"ok":true}', { headers: { "content-type": "application/json", connection: "close" } });
  const [first, ...others] = addresses;
  const { port } = Bun.serve({ hostname: first!, port: 0, tls, fetch });
  for (const hostname of others) Bun.serve({ hostname, port: port!, tls, fetch });
  console.log(port);
}
