import type { JsonObject } from "@bufbuild/protobuf";
import type { Clock } from "#kernel/clock";
import { AppError, type FieldError } from "#kernel/errors";
import { type Ids, isId } from "#kernel/ids";
import { type Page, pageOf } from "#kernel/page";
import type { NewProtoSet, ProtoProblem, ProtoSetRecord, ProtoSource, ProtoStore, ReflectionSource } from "#ports/protos";
import { proposeChecks, type ProposalOptions } from "./check_proposals.ts";
import type { RunJob } from "./child.ts";
import type { Answer, TypeOutline } from "./job.ts";
import type { JobQueue } from "./job_queue.ts";
import { limits, uploadProblems } from "./limits.ts";
import { languages } from "./templates.ts";

export interface Upload {
  name: string;
  files: ProtoSource[];
}

/** What a server said of itself by reflection; a stranger's words. */
export interface Description {
  name: string;
  /** A FileDescriptorSet, in no order. */
  descriptors: Uint8Array;
  /** Full names of the services to keep. */
  services: string[];
  /** Listed, and not described. */
  undescribed: string[];
  source: ReflectionSource;
}

export interface GeneratedFile {
  path: string;
  text: string;
}

export interface ForgeService {
  /** Stores the set; files that do not compile reject with `invalid_argument`, a field error for each problem. */
  parse(tenantId: string, upload: Upload, signal: AbortSignal): Promise<ProtoSetRecord>;
  /** Stores the set; descriptors that break the rules for uploads reject with `invalid_argument`. */
  importDescriptors(tenantId: string, description: Description, signal: AbortSignal): Promise<ProtoSetRecord>;
  /** Problems inside the files are the answer; an upload that may not be looked at rejects. */
  validate(tenantId: string, upload: Upload, signal: AbortSignal): Promise<Answer<"compile">>;
  get(tenantId: string, id: string): Promise<ProtoSetRecord>;
  list(tenantId: string, limit: number, cursor: string): Promise<Page<ProtoSetRecord>>;
  delete(tenantId: string, id: string): Promise<void>;
  descriptors(tenantId: string, id: string): Promise<Uint8Array>;
  /** The type of this name first, then those it is made of; none of this name rejects with `not_found`. */
  describeTypes(tenantId: string, id: string, name: string, signal: AbortSignal): Promise<TypeOutline[]>;
  proposeChecks(tenantId: string, id: string, options: ProposalOptions): Promise<JsonObject[]>;
  generateCode(tenantId: string, id: string, language: string, signal: AbortSignal): Promise<GeneratedFile[]>;
}

export interface ForgeParts {
  protos: ProtoStore;
  jobs: JobQueue;
  runJob: RunJob;
  clock: Clock;
  ids: Ids;
  maxSets: number;
}

export function createForgeService({ protos, jobs, runJob, clock, ids, maxSets }: ForgeParts): ForgeService {
  const compile = (tenantId: string, files: ProtoSource[], signal: AbortSignal) => {
    refuse("the upload cannot be processed", uploadProblems(files));
    return jobs.run(tenantId, () => runJob({ kind: "compile", files }, signal));
  };
  const store = (tenantId: string, set: Omit<NewProtoSet, "id" | "tenantId" | "createdAtMs">) =>
    protos.add({ ...set, name: set.name.trim(), id: ids.next("prt"), tenantId, createdAtMs: clock.now() }, maxSets);
  const get = async (tenantId: string, id: string) => {
    const set = isId(id, "prt") ? await protos.get(tenantId, id) : undefined;
    return set ?? notFound(id);
  };
  const descriptors = async (tenantId: string, id: string) => (await protos.descriptors(tenantId, id)) ?? notFound(id);

  return {
    get,
    descriptors,
    validate: (tenantId, { files }, signal) => compile(tenantId, files, signal),

    async parse(tenantId, { name, files }, signal) {
      refuse("the upload cannot be stored", setNameProblems(name));
      const answer = await compile(tenantId, files, signal);
      if (answer.descriptors === "") refuse("the files do not compile", fieldErrorsOf(answer, files));
      return store(tenantId, {
        name,
        fileNames: files.map((file) => file.name),
        sources: files,
        descriptors: Buffer.from(answer.descriptors, "base64"),
        services: answer.services,
        warnings: answer.problems,
        messages: answer.messages,
        reflection: undefined,
      });
    },

    async importDescriptors(tenantId, { name, descriptors, services, undescribed, source }, signal) {
      refuse("what the server describes cannot be stored", [...setNameProblems(name), ...describedProblems(descriptors, services)]);
      const base64 = Buffer.from(descriptors).toString("base64");
      const answer = await jobs.run(tenantId, () => runJob({ kind: "descriptors", descriptors: base64, services }, signal));
      if (answer.descriptors === "") refuse("what the server describes cannot be used", answer.problems.map((one) => ({ pointer: "/reflection", message: placed(one) })));
      return store(tenantId, {
        name,
        fileNames: answer.fileNames,
        sources: [],
        descriptors: Buffer.from(answer.descriptors, "base64"),
        services: answer.services,
        warnings: [...answer.problems, ...undescribed.slice(0, limits.problems).map(undescribedWarning)],
        messages: answer.messages,
        reflection: source,
      });
    },

    async list(tenantId, limit, cursor) {
      return pageOf(await protos.list(tenantId, limit + 1, cursor), limit, ({ id }) => id);
    },

    async delete(tenantId, id) {
      if (!(await protos.delete(tenantId, id))) notFound(id);
    },

    async describeTypes(tenantId, id, name, signal) {
      const base64 = Buffer.from(await descriptors(tenantId, id)).toString("base64");
      // Descriptors have no comments; the files, where there are some, do.
      const files = (await protos.sources(tenantId, id)) ?? [];
      const { types } = await jobs.run(tenantId, () => runJob({ kind: "types", descriptors: base64, files, name }, signal));
      if (types.length === 0) throw new AppError("not_found", `the set has no message or enum ${JSON.stringify(name.slice(0, 200))}`);
      return types;
    },

    async proposeChecks(tenantId, id, options) {
      return proposeChecks(await get(tenantId, id), options);
    },

    async generateCode(tenantId, id, language, signal) {
      refuse("no code can be generated", languageProblems(language));
      const set = await get(tenantId, id);
      const bytes = Buffer.from(await descriptors(tenantId, id)).toString("base64");
      const { services } = set;
      const answer = await jobs.run(tenantId, () => runJob({ kind: "typescript", name: set.name, descriptors: bytes, services }, signal));
      return answer.files;
    },
  };
}

function setNameProblems(name: string): FieldError[] {
  if (name.trim() === "") return [{ pointer: "/name", message: "the name is empty: give the set a name" }];
  if (name.length > limits.setNameLength) return [{ pointer: "/name", message: `${name.length} characters: at most ${limits.setNameLength} are allowed` }];
  return /[\u0000-\u001f\u007f]/.test(name) ? [{ pointer: "/name", message: "the name holds control characters: use one line of text" }] : [];
}

function describedProblems(descriptors: Uint8Array, services: string[]): FieldError[] {
  const problem = (message: string) => [{ pointer: "/reflection", message }];
  if (services.length === 0) return problem("the server describes no service but, perhaps, reflection and health");
  return descriptors.length > limits.descriptorBytes ? problem(`${descriptors.length} bytes of descriptors: at most ${limits.descriptorBytes} are allowed`) : [];
}

function undescribedWarning(service: string): ProtoProblem {
  return { file: "", line: 0, message: `the server lists the service ${JSON.stringify(service.slice(0, 200))}, but does not describe it`, severity: "warning" };
}

function languageProblems(language: string): FieldError[] {
  if (languages.includes(language)) return [];
  return [{ pointer: "/language", message: `${JSON.stringify(language.slice(0, 40))} is not a language we know: use one of ${languages.join(", ")}` }];
}

function fieldErrorsOf({ problems }: Answer<"compile">, files: ProtoSource[]): FieldError[] {
  return problems.map((one) => {
    const index = files.findIndex(({ name }) => name === one.file);
    return { pointer: index < 0 ? "/files" : `/files/${index}/text`, message: placed(one) };
  });
}

function placed({ file, line, message }: ProtoProblem): string {
  const place = file === "" ? "" : line > 0 ? `${file}:${line}: ` : `${file}: `;
  return `${place}${message}`;
}

function refuse(what: string, fields: FieldError[]): void {
  if (fields.length > 0) throw new AppError("invalid_argument", `${what}: ${fields[0]!.message}`, { fields });
}

function notFound(id: string): never {
  throw new AppError("not_found", `there is no proto set ${JSON.stringify(id.slice(0, 40))}`);
}
