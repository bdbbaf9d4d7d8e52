/** The `tls` kind: a handshake, by STARTTLS where asked for, and what the certificates and the session say. */
import type { Source } from "#ports/assertion_language";
import type { StartTlsProtocol } from "#ports/targets/tcp";
import { createEndpoint, type Endpoint } from "../net/endpoint.ts";
import type { IpFamily } from "../net/resolver.ts";
import { prepareTls, type TlsTarget } from "../net/tls.ts";
import type { Attempt, ImpliedAssertion, JsonObject, PreparedProbe, RunEnvironment } from "./probe.ts";
import { conversations, type Conversation } from "./starttls.ts";
import { StartTlsAttempt } from "./starttls_attempt.ts";

interface TlsCheckTarget {
  host: string;
  port?: number;
  starttls?: StartTlsProtocol;
  tls?: TlsTarget;
  protocols?: string[];
  ipFamily?: IpFamily;
  resolve?: string;
}

const defaultPort = 443;

/** Automatic renewal happens a month before the end, and what is not renewed two weeks before it is forgotten. */
const daysToRenew = 14;

const implied: ImpliedAssertion[] = [
  { source: "certificate_days", op: "gte", value: daysToRenew, severity: "degraded", alsoReplacedBy: ["chain_days"] },
  { source: "chain_days", op: "gte", value: daysToRenew, severity: "degraded", alsoReplacedBy: ["certificate_days"] },
];

export function prepareTlsCheck(target: JsonObject): PreparedProbe {
  const check = target as unknown as TlsCheckTarget;
  const tls = prepareTls(check.host, check.tls, check.protocols);
  const endpoint = createEndpoint({ host: check.host, port: check.port ?? defaultPort, family: check.ipFamily, resolve: check.resolve, tls });
  const converse = check.starttls && conversations[check.starttls];
  return { implied, attempt: (environment, timeoutMs, onDone) => void new TlsAttempt(endpoint, environment, { timeoutMs, conversation: converse?.(tls.serverName) }, onDone) };
}

class TlsAttempt extends StartTlsAttempt {
  /** This check is about the certificates: it never shows any but those of its own handshake. */
  protected override readonly chainMaxAgeMs = 0;
  #protocol: string | undefined = undefined;

  constructor(endpoint: Endpoint, environment: RunEnvironment, { timeoutMs, conversation }: { timeoutMs: number; conversation: Conversation | undefined }, onDone: (attempt: Attempt) => void) {
    super(environment, timeoutMs, onDone, conversation);
    this.reach(endpoint);
  }

  protected ready(): void {
    const { alpnProtocol } = this.socket as unknown as { alpnProtocol: string | false | null };
    this.#protocol = alpnProtocol || undefined;
    this.finish();
  }

  protected heard(): void {
    // Whatever is said under TLS comes too late to matter.
  }

  headers(): string[] {
    return [];
  }

  text(): string {
    return "";
  }

  override fact(source: Source): unknown {
    const leaf = this.chain()[0]?.facts;
    switch (source) {
      case "chain_days":
        return this.chainDays();
      case "issuer":
        return leaf?.issuer;
      case "subject_alt_names":
        return leaf?.subjectAltNames;
      case "tls_version":
        return this.session && (this.session.version === "TLSv1" ? "1.0" : this.session.version.replace("TLSv", ""));
      case "cipher":
        return this.session?.cipher;
      default:
        return undefined;
    }
  }

  override observed(withExcerpt: boolean): JsonObject {
    const facts = super.observed(withExcerpt);
    if (this.session) facts.tls = { ...this.session, ...(this.#protocol !== undefined && { protocol: this.#protocol }) };
    return facts;
  }
}
