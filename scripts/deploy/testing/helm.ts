/** The real helm, as a package of the registry carries it: one zip with a binary for Linux on x64. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { parseAllDocuments } from "yaml";

export const chart = join(import.meta.dir, "../helm/uptimeping");
export const runsHelm = process.platform === "linux" && process.arch === "x64";

/** What every object of Kubernetes has; the rest is up to its kind. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  [key: string]: unknown;
}

export interface Helm extends Disposable {
  /** Throws with what helm says when it refuses the values. */
  render(values: object): Manifest[];
  lint(values: object): string;
}

export function createHelm(): Helm {
  const folder = mkdtempSync(join(tmpdir(), "uptimeping-helm-"));
  const binary = join(folder, "helm");
  const layer = Bun.resolveSync("@aws-cdk/asset-kubectl-v20/lib/layer.zip", import.meta.dir);
  writeFileSync(binary, unzip(readFileSync(layer), "helm/helm"));
  chmodSync(binary, 0o755);
  const helm = (args: string[], values: object) => {
    const file = join(folder, "values.json");
    writeFileSync(file, JSON.stringify(values));
    const { exitCode, stdout, stderr } = Bun.spawnSync([binary, ...args, "--values", file], { env: { HOME: folder } });
    if (exitCode !== 0) throw new Error(stderr.toString() + stdout.toString());
    return stdout.toString();
  };
  return {
    render: (values) =>
      parseAllDocuments(helm(["template", "up", chart, "--namespace", "watch"], values)).flatMap((document) => {
        if (document.errors.length > 0) throw document.errors[0]!;
        return (document.toJS() as Manifest | null) ?? [];
      }),
    lint: (values) => helm(["lint", chart, "--strict"], values),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** One file of a zip, found in the directory at its end (APPNOTE.TXT 4.3.12 and 4.3.7). */
function unzip(zip: Buffer, name: string): Buffer {
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06"));
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [nameLength, extraLength, commentLength] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32)];
    if (zip.toString("utf8", at + 46, at + 46 + nameLength) === name) {
      const local = zip.readUInt32LE(at + 42);
      const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const packed = zip.subarray(from, from + zip.readUInt32LE(at + 20));
      return zip.readUInt16LE(at + 10) === 0 ? packed : inflateRawSync(packed);
    }
    at += 46 + nameLength + extraLength + commentLength;
  }
  throw new Error(`${name}: not in the archive`);
}
