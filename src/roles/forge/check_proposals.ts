/** Checks that follow from a proto set: health of the server and of each service, one call for each unary method. */
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { AppError, type FieldError } from "#kernel/errors";
import type { MethodOutline, ProtoSetRecord, ServiceOutline } from "#ports/protos";

export interface ProposalOptions {
  /** host:port; "" is the server that described the set, and `tls` is then as it was there. */
  address: string;
  tls: boolean;
  /** Full method names, "package.Service/Method"; empty proposes everything. */
  methods: string[];
}

/** Where the checks go. */
interface Place {
  address: string;
  tls: boolean | JsonObject;
  /** The server described itself, so each run can ask it whether that still holds. */
  reflects: boolean;
}

interface NamedMethod {
  service: ServiceOutline;
  method: MethodOutline;
}

const longestName = 120;

export function proposeChecks(set: ProtoSetRecord, options: ProposalOptions): JsonObject[] {
  const place = placeOf(set, options);
  const problems = [...addressProblems(place.address), ...methodProblems(set, options.methods)];
  if (problems.length > 0) throw new AppError("invalid_argument", `no checks can be proposed: ${problems[0]!.message}`, { fields: problems });
  const methods = methodsOf(set);
  if (options.methods.length > 0) {
    return methods.filter((one) => options.methods.includes(fullName(one))).map((one) => callCheck(set, one, place));
  }
  const calls = methods.filter(({ method }) => method.kind === "unary");
  // Of a server that described itself it is known whether it speaks of its health.
  const health = set.reflection?.offersHealth === false ? [] : ["", ...set.services.map(({ name }) => name)];
  return [...health.map((service) => healthCheck(service, place)), ...calls.map((one) => callCheck(set, one, place))];
}

function placeOf({ reflection }: ProtoSetRecord, { address, tls }: ProposalOptions): Place {
  if (reflection && address === "") return { address: reflection.address, tls: reflection.tls, reflects: true };
  return { address, tls, reflects: reflection?.address === address };
}

function healthCheck(service: string, { address, tls }: Place): JsonObject {
  return check(service === "" ? `Health of ${address}` : `Health of ${service}`, { address, tls, mode: "health", service });
}

function callCheck(set: ProtoSetRecord, { service, method }: NamedMethod, { address, tls, reflects }: Place): JsonObject {
  return check(`${method.name} of ${service.name}`, {
    address,
    tls,
    mode: "call",
    protoSetId: set.id,
    service: service.name,
    method: method.name,
    request: JSON.parse(method.sampleRequestJson) as JsonValue,
    metadata: {},
    ...(reflects && { reflection: true }),
  });
}

function check(name: string, target: JsonObject): JsonObject {
  return {
    name: name.length <= longestName ? name : `${name.slice(0, longestName - 1)}…`,
    type: "grpc",
    target,
    assertions: [{ source: "grpc_status", op: "eq", value: 0 }],
    schedule: { every: "60s" },
  };
}

function addressProblems(address: string): FieldError[] {
  const [, host, port] = /^(\[[\da-fA-F:.]+\]|[^\s:/@?#[\]]{1,253}):(\d{1,5})$/.exec(address) ?? [];
  if (host !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return [];
  return [{ pointer: "/address", message: `${JSON.stringify(address.slice(0, 80))} is not an address: write host:port, such as api.example.com:443` }];
}

function methodProblems(set: ProtoSetRecord, wanted: string[]): FieldError[] {
  const known = new Map(methodsOf(set).map((one) => [fullName(one), one.method]));
  return wanted.flatMap((name, i) => {
    const method = known.get(name);
    const shown = JSON.stringify(name.slice(0, 200));
    if (!method) return [{ pointer: `/methods/${i}`, message: `${shown} is not a method of this set: write package.Service/Method` }];
    if (method.kind === "unary") return [];
    return [{ pointer: `/methods/${i}`, message: `${shown} is ${method.kind.replace("_", " ")}: only unary methods can be checked` }];
  });
}

function methodsOf(set: ProtoSetRecord): NamedMethod[] {
  return set.services.flatMap((service) => service.methods.map((method) => ({ service, method })));
}

function fullName({ service, method }: NamedMethod): string {
  return `${service.name}/${method.name}`;
}
