/** What can be set on a check, by kind: the fields of its form and the sources its assertions can look at. */
import type { Field } from "./fields.ts";
import { t } from "./i18n.ts";
import { dns } from "./kinds/dns.ts";
import { graphql } from "./kinds/graphql.ts";
import { grpc } from "./kinds/grpc.ts";
import { heartbeat } from "./kinds/heartbeat.ts";
import { http } from "./kinds/http.ts";
import { icmp } from "./kinds/icmp.ts";
import type { Kind } from "./kinds/kind.ts";
import type { Source } from "./kinds/sources.ts";
import { tcp } from "./kinds/tcp.ts";
import { tls } from "./kinds/tls.ts";
import { websocket } from "./kinds/websocket.ts";

export const kinds: Record<string, Kind> = { http, tls, tcp, dns, icmp, grpc, graphql, websocket, heartbeat };

const name: Field = { pointer: "/name", label: t("Name"), kind: "text", required: true, placeholder: "Shop" };

const attempts: readonly Field[] = [
  { pointer: "/timeoutMs", label: t("Timeout (ms)"), kind: "number", more: true, placeholder: "10000" },
  { pointer: "/retries", label: t("Retries"), kind: "number", more: true, placeholder: "1", hint: t("More attempts before a run counts as failed") },
  { pointer: "/retryDelayMs", label: t("Pause between attempts (ms)"), kind: "number", more: true, placeholder: "1000" },
];

const thresholds = (usual: string): Field[] => [
  { pointer: "/failureThreshold", label: t("Failing runs to open an incident"), kind: "number", more: true, placeholder: usual },
  { pointer: "/recoveryThreshold", label: t("Good runs to resolve it"), kind: "number", more: true, placeholder: usual },
];

const places: readonly Field[] = [
  { pointer: "/locations", label: t("Locations"), kind: "list", more: true, placeholder: "default", hint: t("Where it runs from, such as default, eu-1; default is beside this server") },
  {
    pointer: "/quorum",
    label: t("It is down when this says"),
    kind: "choice",
    more: true,
    choices: [["any", t("Any location")], ["majority", t("Most locations")], ["all", t("Every location")]],
    initial: "majority",
  },
];

const rest: readonly Field[] = [
  {
    pointer: "/severity",
    label: t("Severity"),
    kind: "choice",
    more: true,
    choices: [["", t("From the result")], ["critical", t("Always critical")], ["warning", t("Always warning")]],
  },
  { pointer: "/tags", label: t("Tags"), kind: "pairs", more: true, wide: true },
];

export function fieldsOf(type: string): Field[] {
  // Nobody asks a job: it has no attempts and no place to ask from, and its grace is all the patience there is.
  const judgement = type === "heartbeat" ? thresholds("1") : [...attempts, ...thresholds("2"), ...places];
  return [name, ...(kinds[type]?.fields ?? []), ...judgement, ...rest];
}

export function sourcesOf(type: string): readonly Source[] {
  return kinds[type]?.sources ?? [];
}

export function sourceOf(type: string, name: string): Source | undefined {
  return sourcesOf(type).find((source) => source.name === name);
}
