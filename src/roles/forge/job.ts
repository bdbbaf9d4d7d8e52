/** What the forge asks of its child process, and what it believes of the answer. */
import { z } from "zod";
import { limits } from "./limits.ts";

const source = z.strictObject({ name: z.string(), text: z.string() });

const outline = z.strictObject({
  name: z.string(),
  comment: z.string(),
  methods: z
    .array(
      z.strictObject({
        name: z.string(),
        inputType: z.string(),
        outputType: z.string(),
        kind: z.enum(["unary", "server_streaming", "client_streaming", "bidi_streaming"]),
        comment: z.string(),
        sampleRequestJson: z.string().max(limits.sampleBytes),
      }),
    )
    .max(limits.methods),
});

const type = z.strictObject({
  name: z.string(),
  kind: z.enum(["message", "enum"]),
  comment: z.string(),
  fields: z.array(z.strictObject({ name: z.string(), number: z.int(), type: z.string(), typeName: z.string(), oneof: z.string(), comment: z.string() })),
  values: z.array(z.strictObject({ name: z.string(), number: z.int(), comment: z.string() })),
});
export type TypeOutline = z.infer<typeof type>;

const problem = z.strictObject({
  file: z.string(),
  line: z.int().min(0),
  message: z.string(),
  severity: z.enum(["error", "warning"]),
});

export const jobSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("compile"), files: z.array(source).max(limits.files) }),
  z.strictObject({ kind: z.literal("descriptors"), descriptors: z.base64(), services: z.array(z.string()) }),
  z.strictObject({ kind: z.literal("typescript"), name: z.string(), descriptors: z.base64(), services: z.array(outline) }),
  z.strictObject({ kind: z.literal("types"), descriptors: z.base64(), files: z.array(source).max(limits.files), name: z.string() }),
]);
export type Job = z.infer<typeof jobSchema>;

const compiled = {
  problems: z.array(problem).max(limits.problems + 1),
  services: z.array(outline),
  messages: z.int().min(0),
  /** "" when a problem is an error. */
  descriptors: z.base64(),
};

export const answerSchemas = {
  compile: z.strictObject({ kind: z.literal("compile"), ...compiled }),
  descriptors: z.strictObject({ kind: z.literal("descriptors"), ...compiled, fileNames: z.array(z.string()) }),
  typescript: z.strictObject({
    kind: z.literal("typescript"),
    files: z.array(z.strictObject({ path: z.string(), text: z.string() })).max(20),
  }),
  /** None when the set has no type of this name. */
  types: z.strictObject({ kind: z.literal("types"), types: z.array(type).max(limits.typesInAnswer) }),
} as const;
export type Answer<K extends Job["kind"]> = z.infer<(typeof answerSchemas)[K]>;
