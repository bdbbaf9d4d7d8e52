import type { Condition, Field } from "../fields.ts";
import { t } from "../i18n.ts";
import { certificate, encrypted, ipFamily } from "./fields.ts";
import type { Kind } from "./kind.ts";
import { bodyBytes, certified, code, header, json, listing, named, type Choices, type Source } from "./sources.ts";

const calling: Condition = { pointer: "/target/mode", is: ["call"] };

/** Lives in the form alone: the target says it by what it has. */
const described: Field = {
  pointer: "described",
  label: t("Messages are described by"),
  kind: "choice",
  choices: [["set", t("A proto set of the forge")], ["file", t("A descriptor set (file)")], ["server", t("The server itself (reflection)")]],
  initial: "set",
  of: (document) => {
    const { protoSetId, descriptorSet, reflection } = (document["target"] ?? {}) as Record<string, unknown>;
    return !protoSetId && descriptorSet ? "file" : !protoSetId && reflection ? "server" : "set";
  },
  when: calling,
};
const when = (is: string): Condition[] => [calling, { pointer: described.pointer, is: [is] }];

/** By their numbers, https://grpc.io/docs/guides/status-codes/ */
export const statusCodes: Choices = [
  "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
].map((name, number) => [String(number), `${number} ${name}`]);

const servingStatus: Source = {
  name: "serving_status",
  label: t("Serving status"),
  ops: listing,
  op: "eq",
  value: "SERVING",
  text: true,
  values: named("SERVING", "NOT_SERVING", "SERVICE_UNKNOWN", "UNKNOWN"),
};

export const grpc: Kind = {
  about: t("A service is serving, or a call gets the right answer"),
  fields: [
    { pointer: "/target/address", label: t("Address"), kind: "text", required: true, placeholder: "orders.example:443" },
    { pointer: "/target/mode", label: t("Mode"), kind: "choice", choices: [["health", t("Health service")], ["call", t("Call a method")]], initial: "health" },
    described,
    { pointer: "/target/protoSetId", label: t("Proto set"), kind: "text", required: true, placeholder: "prt_…", when: when("set") },
    { pointer: "/target/descriptorSet", label: t("Descriptor set"), kind: "file", required: true, hint: t("As buf build -o set.binpb or protoc --descriptor_set_out writes it"), when: when("file") },
    {
      pointer: "/target/reflection",
      label: t("Server reflection"),
      kind: "choice",
      choices: [["", t("Not asked")], ["true", t("Any version")], ["v1", "v1"], ["v1alpha", "v1alpha"]],
      hint: t("Beside a set, it reports what the server has changed"),
      when: calling,
    },
    { pointer: "/target/service", label: t("Service"), kind: "text", hint: t("Full name; health without it is that of the whole server") },
    { pointer: "/target/method", label: t("Method"), kind: "text", required: true, when: calling },
    { pointer: "/target/request", label: t("Request"), kind: "json", wide: true, placeholder: "{ }", when: calling },
    { pointer: "/target/tls", label: t("TLS"), kind: "flag" },
    { pointer: "/target/metadata", label: t("Metadata"), kind: "pairs", more: true, wide: true },
    { pointer: "/target/authority", label: t("Authority"), kind: "text", hint: t("Empty is the address"), more: true },
    ipFamily,
    ...certificate(encrypted),
  ],
  sources: [servingStatus, { ...code("grpc_status", t("Status code"), "eq", "0"), values: statusCodes }, json, { ...header, name: "metadata", label: t("Metadata") }, bodyBytes, ...certified],
  standard: t("Without any, the status SERVING, or OK for a call, is up."),
};
