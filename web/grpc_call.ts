/** The call of a gRPC check: set, service and method are chosen from the tenant's proto sets, and the request begins as a sample. */
import type { Draft, Field, Value } from "./fields.ts";
import { t } from "./i18n.ts";
import type { ProtoMethod, ProtoSet } from "./types.ts";

const at = { mode: "/target/mode", described: "described", reflection: "/target/reflection", set: "/target/protoSetId", service: "/target/service", method: "/target/method", request: "/target/request" };
type Choices = NonNullable<Field["choices"]>;

/** `sets` is undefined while nobody knows them; then one may still type. */
export function withOutline(fields: Field[], draft: Draft, sets: readonly ProtoSet[] | undefined): Field[] {
  if (!isBySet(draft) || sets === undefined) return fields;
  const choices: Record<string, Choices> = {
    [at.set]: sets.map(({ id, name, version }) => [id, t("{name} (version {version})", { name, version })]),
    [at.service]: servicesOf(draft, sets).map(({ name }) => [name, name]),
    [at.method]: methodsOf(draft, sets).map(({ name }) => [name, name]),
  };
  return fields.map((field) => {
    const known = choices[field.pointer];
    if (known === undefined) return field;
    const { hint: _hint, ...rest } = field;
    const none = field.pointer === at.set && known.length === 0 && { hint: t("There is none yet: upload .proto files in the forge") };
    return { ...rest, kind: "choice", required: true, choices: [["", t("Choose…")], ...known], ...none };
  });
}

/** A choice empties what depended on the one before, takes what is the only possibility, and brings the sample of its method. */
export function withChoice(draft: Draft, pointer: string, value: Value, sets: readonly ProtoSet[] = []): Draft {
  let next: Draft = { ...draft, [pointer]: value };
  // The server can describe its messages only when it is asked to.
  if (pointer === at.described && value === "server" && next[at.reflection] === "") next = { ...next, [at.reflection]: "true" };
  if (!isBySet(next) || ![at.mode, at.described, at.set, at.service, at.method].includes(pointer) || sets.length === 0) return next;
  if ((pointer === at.mode || pointer === at.described) && next[at.set] === "" && sets.length === 1) next = { ...next, [at.set]: sets[0]!.id };
  next = settled(next, at.service, servicesOf(next, sets));
  next = settled(next, at.method, methodsOf(next, sets));
  const isOurs = String(draft[at.request] ?? "") === sampleOf(draft, sets);
  return isOurs || draft[at.request] === "" ? { ...next, [at.request]: sampleOf(next, sets) } : next;
}

function isBySet(draft: Draft): boolean {
  return draft[at.mode] === "call" && draft[at.described] === "set";
}

function settled(draft: Draft, pointer: string, possible: readonly { name: string }[]): Draft {
  if (possible.some(({ name }) => name === draft[pointer])) return draft;
  return { ...draft, [pointer]: possible.length === 1 ? possible[0]!.name : "" };
}

function servicesOf(draft: Draft, sets: readonly ProtoSet[]) {
  return sets.find(({ id }) => id === draft[at.set])?.services.filter((service) => service.methods.some(isUnary)) ?? [];
}

function methodsOf(draft: Draft, sets: readonly ProtoSet[]): ProtoMethod[] {
  return servicesOf(draft, sets).find(({ name }) => name === draft[at.service])?.methods.filter(isUnary) ?? [];
}

/** A check sends one message and reads one. */
function isUnary({ kind }: ProtoMethod): boolean {
  return kind === "unary";
}

function sampleOf(draft: Draft, sets: readonly ProtoSet[]): string {
  const sample = methodsOf(draft, sets).find(({ name }) => name === draft[at.method])?.sampleRequest;
  return sample === undefined || sample === null ? "" : JSON.stringify(sample, null, 2);
}
