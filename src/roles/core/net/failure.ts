/**
 * Why an attempt failed, from one closed list: it is the metric label, the dashboard's filter and part of the error hash.
 * A failure is a value. `internal` and `no_connectivity` mean that we could not look, so the
 * run's status is `unknown`.
 */
export const errorKinds = [
  "dns_not_found",
  "dns_timeout",
  "dns_failure",
  "connect_refused",
  "connect_timeout",
  "connect_unreachable",
  "connection_reset",
  "tls_handshake",
  "tls_expired",
  "tls_not_yet_valid",
  "tls_host_mismatch",
  "tls_untrusted",
  "http_malformed",
  "http_too_large",
  "http_redirect_loop",
  "http_status",
  "grpc_status",
  "graphql_errors",
  "response_timeout",
  "assertion_failed",
  "heartbeat_missed",
  "heartbeat_failed",
  "heartbeat_overrun",
  "schema_changed",
  "target_forbidden",
  "config_invalid",
  "no_connectivity",
  "internal",
] as const;

export type ErrorKind = (typeof errorKinds)[number];

export interface Failure {
  kind: ErrorKind;
  message: string;
}

export function failure(kind: ErrorKind, message: string): Failure {
  return { kind, message };
}

/** Shortages of our own machine. A target must never be called down for them. */
const ownFaults = new Set(["EMFILE", "EINVAL", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRNOTAVAIL", "EACCES", "EPERM", "EAFNOSUPPORT", "EBADF"]);

/** What a failed connect means; `code` is the errno's name. */
export function connectFailure(code: string, where: string): Failure {
  if (ownFaults.has(code)) return failure("internal", `connect to ${where} failed on our side: ${code}`);
  switch (code) {
    case "ECONNREFUSED":
      return failure("connect_refused", `connect to ${where} failed: connection refused`);
    case "ETIMEDOUT":
      return failure("connect_timeout", `connect to ${where} failed: no answer`);
    case "ENETUNREACH":
    case "EHOSTUNREACH":
    case "ENETDOWN":
    case "EHOSTDOWN":
      return failure("connect_unreachable", `connect to ${where} failed: ${code === "ENETUNREACH" || code === "ENETDOWN" ? "network" : "host"} unreachable`);
    default:
      return failure("connection_reset", `connect to ${where} failed: ${code}`);
  }
}

const certificateKinds: Record<string, ErrorKind> = {
  CERT_HAS_EXPIRED: "tls_expired",
  CERT_NOT_YET_VALID: "tls_not_yet_valid",
  ERR_TLS_CERT_ALTNAME_INVALID: "tls_host_mismatch",
  HOSTNAME_MISMATCH: "tls_host_mismatch",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls_untrusted",
  SELF_SIGNED_CERT_IN_CHAIN: "tls_untrusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "tls_untrusted",
  UNABLE_TO_GET_ISSUER_CERT: "tls_untrusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "tls_untrusted",
  CERT_CHAIN_TOO_LONG: "tls_untrusted",
  CERT_REVOKED: "tls_untrusted",
  CERT_REJECTED: "tls_untrusted",
  CERT_UNTRUSTED: "tls_untrusted",
  CERT_SIGNATURE_FAILURE: "tls_untrusted",
  INVALID_CA: "tls_untrusted",
  INVALID_PURPOSE: "tls_untrusted",
  PATH_LENGTH_EXCEEDED: "tls_untrusted",
};

const certificateReasons: Partial<Record<ErrorKind, string>> = {
  tls_expired: "the certificate has expired",
  tls_not_yet_valid: "the certificate is not valid yet",
  tls_untrusted: "the certificate is not trusted",
};

/**
 * What a failed handshake or verification means; the library puts the reason of a protocol error in the message only.
 * `culprit` says which certificate it was when that is not plain.
 */
export function tlsFailure(code: string, message: string, serverName: string, culprit?: string): Failure {
  const kind = certificateKinds[code];
  if (kind === "tls_host_mismatch") return failure(kind, `tls failed: the certificate is not for ${serverName}`);
  if (kind) return failure(kind, `tls failed: ${certificateReasons[kind]} (${code})${culprit === undefined ? "" : `: ${culprit}`}`);
  // Nothing that was offered by ALPN.
  if (message.includes("NO_APPLICATION_PROTOCOL")) return failure("tls_handshake", "tls handshake failed: the server speaks none of the offered protocols (NO_APPLICATION_PROTOCOL)");
  const reason = /([A-Z0-9]+(?:_[A-Z0-9]+)+)(?!.*[A-Z0-9]_)/.exec(message)?.[1];
  return failure("tls_handshake", `tls handshake failed: ${reason ?? code}`);
}
