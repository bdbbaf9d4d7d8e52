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

let made: Certificates | undefined;

export function testCertificates(): Certificates {
  made ??= make();
  return made;
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

function make(): Certificates {
  const dir = mkdtempSync(join(tmpdir(), "uptimeping-certificates-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
  const key = (name: string) => openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", `${name}.key`);
  const read = (file: string) => readFileSync(join(dir, file), "utf8");
  const selfSigned = (name: string, subject: string, ...rest: string[]) => {
    key(name);
    openssl("req", "-x509", "-new", "-key", `${name}.key`, "-days", "90", "-subj", `/CN=${subject}`, "-out", `${name}.crt`, ...rest);
  };
  const leaf = (name: CertificateName, subject: string, san: string, from = "20200101000000Z", to = "20491231235959Z") => {
    key(name);
    writeFileSync(join(dir, `${name}.ext`), `subjectAltName=${san}\nextendedKeyUsage=serverAuth,clientAuth\n`);
    openssl("req", "-new", "-key", `${name}.key`, "-subj", `/CN=${subject}`, "-out", `${name}.csr`);
    const validity = ["-startdate", from, "-enddate", to];
    openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-in", `${name}.csr`, "-cert", "ca.crt", "-keyfile", "ca.key", ...validity, "-extfile", `${name}.ext`, "-out", `${name}.crt`);
  };
  try {
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "ca.cnf"), authority);
    writeFileSync(join(dir, "index.txt"), "");
    writeFileSync(join(dir, "serial"), "1000\n");
    selfSigned("ca", "UptimePing test authority", "-addext", "keyUsage=critical,keyCertSign,cRLSign");
    selfSigned("self_signed", "localhost", "-addext", `subjectAltName=${names}`);
    leaf("good", "localhost", names);
    leaf("expired", "localhost", names, "20200101000000Z", "20210101000000Z");
    leaf("not_yet_valid", "localhost", names, "20450101000000Z", "20460101000000Z");
    leaf("wrong_host", "other.test", "DNS:other.test");
    leaf("client", "probe", "DNS:probe");
    const leaves = certificateNames.map((name) => [name, { certPem: read(`${name}.crt`), keyPem: read(`${name}.key`) }]);
    return { caPem: read("ca.crt"), leaves: Object.fromEntries(leaves) as Record<CertificateName, Certificate> };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
