/** A certificate authority and leaves in every wrong way, made once per process with openssl and gone when it ends. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const certificateNames = ["good", "expired", "not_yet_valid", "wrong_host", "self_signed", "client"] as const;
export type CertificateName = (typeof certificateNames)[number];

export interface Certificate {
  certPem: string;
  keyPem: string;
}

export interface Certificates {
  /** What a client must trust for all but `self_signed`. */
  caPem: string;
  leaves: Record<CertificateName, Certificate>;
}

/** Leaves for localhost that an intermediate authority signed, and what a server may do wrong in sending them. */
export const chainNames = [
  "complete", "with_root", "missing_intermediate", "wrong_order", "renewed_intermediate", "expired_intermediate", "powerless_intermediate", "foreign_intermediate",
  "leaf_ends_soon", "intermediate_ends_soon", "rsa",
] as const;
export type ChainName = (typeof chainNames)[number];

export interface Chains {
  /** The root, the only one to trust. */
  caPem: string;
  chains: Record<ChainName, Certificate>;
}

let made: Certificates | undefined;
let linked: Chains | undefined;

export function testCertificates(): Certificates {
  made ??= inWorkshop(make);
  return made;
}

export function testChains(): Chains {
  linked ??= inWorkshop(makeChains);
  return linked;
}

const authority = `[ca]
default_ca = d
[d]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = p
unique_subject = no
[p]
commonName = supplied
`;

const names = "DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:::1";

interface Workshop {
  makeKey(name: string, type?: "ec" | "rsa"): void;
  /** Signs itself for 90 days. */
  selfSign(name: string, subject: string, ...rest: string[]): void;
  /** `validity` are the arguments of openssl ca that say from when to when. */
  sign(name: string, by: string, subject: string, extensions: string[], validity: string[]): void;
  read(file: string): string;
}

function inWorkshop<T>(work: (workshop: Workshop) => T): T {
  const dir = mkdtempSync(join(tmpdir(), "uptimeping-certificates-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
  try {
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "ca.cnf"), authority);
    writeFileSync(join(dir, "index.txt"), "");
    writeFileSync(join(dir, "serial"), "1000\n");
    return work({
      makeKey: (name, type = "ec") => void (type === "ec" ? openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", `${name}.key`) : openssl("genrsa", "-out", `${name}.key`, "2048")),
      selfSign: (name, subject, ...rest) => void openssl("req", "-x509", "-new", "-key", `${name}.key`, "-days", "90", "-subj", `/CN=${subject}`, "-out", `${name}.crt`, ...rest),
      sign(name, by, subject, extensions, validity) {
        writeFileSync(join(dir, `${name}.ext`), extensions.join("\n"));
        openssl("req", "-new", "-key", `${name}.key`, "-subj", `/CN=${subject}`, "-out", `${name}.csr`);
        openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-in", `${name}.csr`, "-cert", `${by}.crt`, "-keyfile", `${by}.key`, ...validity, "-extfile", `${name}.ext`, "-out", `${name}.crt`);
      },
      read: (file) => readFileSync(join(dir, file), "utf8"),
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const validity = (from: string, to: string) => ["-startdate", from, "-enddate", to];
const lasting = validity("20200101000000Z", "20491231235959Z");
const past = validity("20200101000000Z", "20210101000000Z");

function make({ makeKey, selfSign, sign, read }: Workshop): Certificates {
  for (const name of ["ca", ...certificateNames]) makeKey(name);
  const leaf = (name: CertificateName, subject: string, san: string, when = lasting) => sign(name, "ca", subject, [`subjectAltName=${san}`, "extendedKeyUsage=serverAuth,clientAuth"], when);
  selfSign("ca", "UptimePing test authority", "-addext", "keyUsage=critical,keyCertSign,cRLSign");
  selfSign("self_signed", "localhost", "-addext", `subjectAltName=${names}`);
  leaf("good", "localhost", names);
  leaf("expired", "localhost", names, past);
  leaf("not_yet_valid", "localhost", names, validity("20450101000000Z", "20460101000000Z"));
  leaf("wrong_host", "other.test", "DNS:other.test");
  leaf("client", "probe", "DNS:probe");
  const leaves = certificateNames.map((name) => [name, { certPem: read(`${name}.crt`), keyPem: read(`${name}.key`) }]);
  return { caPem: read("ca.crt"), leaves: Object.fromEntries(leaves) as Record<CertificateName, Certificate> };
}

function makeChains({ makeKey, selfSign, sign, read }: Workshop): Chains {
  for (const name of ["root", "other_root", "middle", "leaf"]) makeKey(name);
  makeKey("rsa", "rsa");
  for (const name of ["root", "other_root"]) selfSign(name, "root", "-addext", "keyUsage=critical,keyCertSign,cRLSign");
  const signed = (name: string, by: string, subject: string, extensions: string[], when: string[]) => {
    sign(name, by, subject, extensions, when);
    return read(`${name}.crt`);
  };
  const powers = ["basicConstraints=critical,CA:true", "keyUsage=critical,keyCertSign"];
  // Else a leaf names the serial number of the one intermediate that it was signed with.
  const anyKey = "authorityKeyIdentifier=none";
  const soon = ["-days", "10"];
  const middle = (when: string[], extensions = powers, by = "root") => signed("middle", by, "middle", extensions, when);
  const leaf = (name: string, when: string[]) => signed(name, "middle", "localhost", [`subjectAltName=${names}`, "extendedKeyUsage=serverAuth", anyKey], when);
  const middles = {
    expired: middle(past),
    powerless: middle(lasting, ["basicConstraints=critical,CA:false"]),
    foreign: middle(lasting, powers, "other_root"),
    soon: middle(soon),
    renewed: middle(validity("20250101000000Z", "20480101000000Z")),
    good: middle(lasting),
  };
  const [root, good, endsSoon, rsa] = [read("root.crt"), leaf("leaf", lasting), leaf("leaf", soon), leaf("rsa", lasting)];
  const chain = (...certificates: string[]): Certificate => ({ certPem: certificates.join(""), keyPem: read("leaf.key") });
  return {
    caPem: root,
    chains: {
      complete: chain(good, middles.good),
      with_root: chain(good, middles.good, root),
      missing_intermediate: chain(good),
      wrong_order: chain(good, root, middles.good),
      renewed_intermediate: chain(good, middles.renewed),
      expired_intermediate: chain(good, middles.expired),
      powerless_intermediate: chain(good, middles.powerless),
      foreign_intermediate: chain(good, middles.foreign, read("root.crt")),
      leaf_ends_soon: chain(endsSoon, middles.good),
      intermediate_ends_soon: chain(good, middles.soon),
      rsa: { certPem: rsa + middles.good, keyPem: read("rsa.key") },
    },
  };
}
