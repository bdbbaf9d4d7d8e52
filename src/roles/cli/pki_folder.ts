/** A folder with an authority and the certificates it issued: `ca.crt`, `ca.key`, and `<name>.crt`, `<name>.key` for each process. */
import { randomBytes, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError, messageOf } from "#kernel/errors";
import { expiryOf, hostsOf, rolesOf } from "#kernel/pki/identity";
import { issueLeaf, makeAuthority, type KeyedCertificate } from "#kernel/pki/issue";

const dayMs = 86_400_000;
const authorityDays = 3_652;
/** Clocks of two machines differ: a certificate is good a little before it was made. */
const leewayMs = 5 * 60_000;

export interface Issued {
  name: string;
  roles: string[];
  hosts: string[];
  cert: string;
  key: string;
  expiresAtMs: number;
}

export interface IssueRequest {
  name: string;
  roles: string[];
  hosts: string[];
  days: number;
}

export interface PkiFolder {
  /** Refuses to replace one that is there. */
  init(): { cert: string; expiresAtMs: number };
  issue(request: IssueRequest): Issued;
  /** Issues anew what ends within `withinDays`, with the names, roles and lifetime that it has. */
  rotate(withinDays: number): Issued[];
  /** The authority first, as the name `ca`; then by name. */
  show(): Issued[];
}

export function openPkiFolder(dir: string, nowMs: number): PkiFolder {
  const fileOf = (name: string, end: "crt" | "key") => join(dir, `${name}.${end}`);
  const authority = (): KeyedCertificate & { expiresAtMs: number } => {
    if (!existsSync(fileOf("ca", "crt"))) throw new AppError("not_found", `no authority is in ${JSON.stringify(dir)}: make one with uptimeping pki init --dir ${dir}`);
    const cert = readText(fileOf("ca", "crt"));
    return { cert, key: readText(fileOf("ca", "key")), expiresAtMs: expiryOf(read(fileOf("ca", "crt"))) };
  };
  const issued = (name: string): Issued => {
    const certificate = read(fileOf(name, "crt"));
    const san = certificate.subjectAltName;
    return { name, roles: rolesOf(san), hosts: hostsOf(san), cert: fileOf(name, "crt"), key: fileOf(name, "key"), expiresAtMs: expiryOf(certificate) };
  };
  const issuedNames = () => readdirSync(dir).flatMap((file) => (file.endsWith(".crt") && file !== "ca.crt" ? [file.slice(0, -4)] : [])).sort();

  const issue = ({ name, roles, hosts, days }: IssueRequest): Issued => {
    const ca = authority();
    if (ca.expiresAtMs <= nowMs) throw new AppError("failed_precondition", `the authority in ${JSON.stringify(dir)} has expired: make another one in another folder`);
    const validity = { fromMs: nowMs - leewayMs, untilMs: Math.min(nowMs + days * dayMs, ca.expiresAtMs) };
    const { cert, key } = issueLeaf(ca, { hosts, roles, validity });
    // Whoever reads between the two finds a key that does not fit, and looks again.
    replace(fileOf(name, "key"), key, 0o600);
    replace(fileOf(name, "crt"), cert, 0o644);
    return issued(name);
  };

  return {
    init() {
      for (const end of ["crt", "key"] as const) {
        if (existsSync(fileOf("ca", end))) throw new AppError("already_exists", `an authority is in ${JSON.stringify(dir)} already (${fileOf("ca", end)}): everything it issued would be worth nothing`);
      }
      attempt(dir, () => mkdirSync(dir, { recursive: true, mode: 0o700 }));
      const made = makeAuthority(`UptimePing authority ${randomBytes(4).toString("hex")}`, { fromMs: nowMs - leewayMs, untilMs: nowMs + authorityDays * dayMs });
      create(fileOf("ca", "key"), made.key, 0o600);
      create(fileOf("ca", "crt"), made.cert, 0o644);
      return { cert: fileOf("ca", "crt"), expiresAtMs: expiryOf(read(fileOf("ca", "crt"))) };
    },
    issue(request) {
      authority();
      for (const end of ["crt", "key"] as const) {
        if (existsSync(fileOf(request.name, end))) throw new AppError("already_exists", `${fileOf(request.name, end)} is there already: give another --name, or renew it with uptimeping pki rotate`);
      }
      return issue(request);
    },
    rotate(withinDays) {
      authority();
      return issuedNames().flatMap((name) => {
        const { roles, hosts, expiresAtMs, cert } = issued(name);
        if (roles.length === 0 || expiresAtMs - nowMs > withinDays * dayMs) return [];
        const days = Math.max(1, Math.round((expiresAtMs - Date.parse(read(cert).validFrom)) / dayMs));
        return [issue({ name, roles, hosts, days })];
      });
    },
    show() {
      authority();
      return [issued("ca"), ...issuedNames().map(issued)];
    },
  };
}

function read(file: string): X509Certificate {
  return attempt(file, () => new X509Certificate(readText(file)));
}

function readText(file: string): string {
  return attempt(file, () => readFileSync(file, "utf8"));
}

function create(file: string, text: string, mode: number): void {
  attempt(file, () => writeFileSync(file, text, { mode, flag: "wx" }));
}

/** Never half there for whoever reads at that moment. */
function replace(file: string, text: string, mode: number): void {
  create(`${file}.new`, text, mode);
  attempt(file, () => renameSync(`${file}.new`, file));
}

function attempt<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new AppError("failed_precondition", `${JSON.stringify(file)} cannot be used: ${messageOf(error)}`, { cause: error });
  }
}
