/** The outcome of a probe as gauges with the blackbox exporter's names and labels (0.25 and later), and a few words of our own. */
import type { JsonObject } from "@bufbuild/protobuf";
import { parseAddress } from "#kernel/egress";
import { servingStatuses } from "#ports/assertion_language";
import { factsOf, httpVersionOf, listIn, numberIn, objectIn, textIn } from "./facts.ts";
import { gauge, gaugeBy, info, type Gauge } from "./exposition.ts";
import { finalUrl } from "./http_module.ts";
import type { Prober, ProbeModule } from "./module.ts";
import type { Probed } from "./run_probe.ts";
import { tlsMetrics } from "./tls_metrics.ts";

interface Outcome {
  probed: Probed;
  module: ProbeModule;
  target: string;
  facts: JsonObject;
  /** Seconds of each phase; 0 when it did not happen. */
  phases: { resolve: number; connect: number; tls: number; firstByte: number; transfer: number };
  seconds: number;
}

export function metricsOf(probed: Probed, module: ProbeModule, target: string): Gauge[] {
  const { result, ok, error } = probed;
  const { dnsMs = 0, connectMs = 0, tlsMs = 0, firstByteMs = 0, transferMs = 0 } = result.phases ?? {};
  const seconds = (ms: number) => Math.round(ms * 1_000) / 1_000_000;
  const phases = { resolve: seconds(dnsMs), connect: seconds(connectMs), tls: seconds(tlsMs), firstByte: seconds(firstByteMs), transfer: seconds(transferMs) };
  const outcome: Outcome = { probed, module, target, facts: factsOf(result), phases, seconds: seconds(result.latencyMs) };
  return [
    gauge("probe_success", "1 when the probe succeeded, 0 when it failed", ok ? 1 : 0),
    gauge("probe_duration_seconds", "How long the probe took", outcome.seconds),
    gauge("probe_dns_lookup_time_seconds", "How long the look-up of the target's name took", phases.resolve),
    ...addressMetrics(textIn(outcome.facts, "remoteAddress")),
    ...particulars[module.prober](outcome),
    ...(error ? [info("probe_error", "Why the probe failed, as one of UptimePing's kinds of error", { kind: error.kind })] : []),
  ];
}

function addressMetrics(address: string): Gauge[] {
  const bytes = parseAddress(address);
  return [
    gauge("probe_ip_protocol", "4 or 6 for the address that was connected, 0 for none", bytes ? (bytes.length === 4 ? 4 : 6) : 0),
    gauge("probe_ip_addr_hash", "Hash of the address that was connected (FNV-1a), which changes with it", bytes ? fnv1a(bytes) : 0),
  ];
}

/** 32 bits; draft-eastlake-fnv. */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

const particulars: Record<Prober, (outcome: Outcome) => Gauge[]> = { http: httpMetrics, tcp: tcpMetrics, dns: dnsMetrics, icmp: icmpMetrics, grpc: grpcMetrics };

const failedDueToRegex = ({ failedDueToRegex: failed }: Probed) => gauge("probe_failed_due_to_regex", "1 when the probe failed because of a regular expression", failed ? 1 : 0);

function httpMetrics({ probed, module, target, facts, phases }: Outcome): Gauge[] {
  const headers = objectIn(facts, "headers");
  const hasAnswer = numberIn(facts, "status") > 0;
  const lastModified = Date.parse(textIn(headers, "last-modified"));
  const length = Number(textIn(headers, "content-length") || "-1");
  const isSecure = hasAnswer && finalUrl(probed.result, target).startsWith("https:");
  const durations = { resolve: phases.resolve, connect: phases.connect, tls: phases.tls, processing: phases.firstByte, transfer: phases.transfer };
  return [
    gaugeBy("phase", "probe_http_duration_seconds", "How long each phase took, all redirects together", durations),
    gauge("probe_http_status_code", "Status of the answer, 0 when there was none", numberIn(facts, "status")),
    gauge("probe_http_version", "HTTP version of the answer", httpVersionOf(probed.result)),
    gauge("probe_http_ssl", "1 when the final request was over TLS", isSecure ? 1 : 0),
    gauge("probe_http_redirects", "How many redirects were followed", listIn(facts, "redirects").length),
    gauge("probe_http_content_length", "Content-Length of the answer, -1 when it did not say", hasAnswer ? (Number.isFinite(length) ? length : -1) : 0),
    gauge("probe_http_uncompressed_body_length", "Bytes of the body once its compression is taken off", numberIn(facts, "bodyBytes")),
    ...(Number.isNaN(lastModified) ? [] : [gauge("probe_http_last_modified_timestamp_seconds", "Last-Modified of the answer in Unix time", lastModified / 1_000)]),
    failedDueToRegex(probed),
    ...tlsMetrics(facts, isVerified(probed, module), true),
  ];
}

function tcpMetrics({ probed, module, facts }: Outcome): Gauge[] {
  const labels = module.expectInfo?.(textIn(facts, "excerpt"));
  return [failedDueToRegex(probed), ...(labels ? [info("probe_expect_info", "What the labels of the module found in the answer", labels)] : []), ...tlsMetrics(facts, isVerified(probed, module), false)];
}

/** A chain is verified by the handshake; a failure that comes later says nothing against it. */
function isVerified({ error }: Probed, { skipsVerification }: ProbeModule): boolean {
  return !skipsVerification && !error?.kind.startsWith("tls_");
}

const grpcCodes = { deadlineExceeded: 4, unavailable: 14 };

function grpcMetrics({ probed, module, facts, phases, seconds }: Outcome): Gauge[] {
  const serving = textIn(facts, "servingStatus");
  const isLate = ["dns_timeout", "connect_timeout", "response_timeout"].includes(probed.error?.kind ?? "");
  const code = "grpcStatus" in facts ? numberIn(facts, "grpcStatus") : isLate ? grpcCodes.deadlineExceeded : grpcCodes.unavailable;
  return [
    gaugeBy("phase", "probe_grpc_duration_seconds", "How long each phase took", { resolve: phases.resolve, check: Math.max(0, Math.round((seconds - phases.resolve) * 1e6) / 1e6) }),
    gauge("probe_grpc_status_code", "gRPC status of the call", code),
    gaugeBy("serving_status", "probe_grpc_healthcheck_response", "1 for what the health service answered", Object.fromEntries(servingStatuses.map((status) => [status, status === serving ? 1 : 0]))),
    gauge("probe_grpc_ssl", "1 when the call was over TLS", textIn(objectIn(facts, "tls"), "version") === "" ? 0 : 1),
    ...tlsMetrics(facts, isVerified(probed, module), false),
  ];
}

function dnsMetrics({ facts, phases }: Outcome): Gauge[] {
  const sections = { answer: listIn(facts, "answer"), authority: listIn(facts, "authority"), additional: listIn(facts, "additional") };
  const soa = sections.answer.map(String).find((line) => /^\S* \d+ SOA /.test(line));
  return [
    gaugeBy("phase", "probe_dns_duration_seconds", "How long each phase took", { resolve: phases.resolve, connect: phases.connect + phases.tls, request: phases.firstByte + phases.transfer }),
    gauge("probe_dns_answer_rrs", "Records in the answer section", sections.answer.length),
    gauge("probe_dns_authority_rrs", "Records in the authority section", sections.authority.length),
    gauge("probe_dns_additional_rrs", "Records in the additional section", sections.additional.length),
    gauge("probe_dns_query_succeeded", "1 when the server answered, whatever it said", textIn(facts, "rcode") === "" ? 0 : 1),
    ...(soa === undefined ? [] : [gauge("probe_dns_serial", "Serial number of the zone", Number(soa.split(" ")[5] ?? 0))]),
  ];
}

function icmpMetrics({ facts, phases, seconds }: Outcome): Gauge[] {
  const rtt = numberIn(facts, "rttAvgMs") / 1_000;
  const setup = Math.max(0, Math.round((seconds - phases.resolve - rtt) * 1e6) / 1e6);
  return [gaugeBy("phase", "probe_icmp_duration_seconds", "How long each phase took", { resolve: phases.resolve, setup, rtt })];
}
