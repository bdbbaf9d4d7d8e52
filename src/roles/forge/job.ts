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

const problem = z.strictObject({
  file: z.string(),
  line: z.int().min(0),
  message: z.string(),
  severity: z.enum(["error", "warning"]),
});

export const jobSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("compile"), files: z.array(source).max(limits.files) }),
  z.strictObject({ kind: z.literal("typescript"), name: z.string(), descriptors: z.base64(), services: z.array(outline) }),
]);
export type Job = z.infer<typeof jobSchema>;

export const answerSchemas = {
  compile: z.strictObject({
    kind: z.literal("compile"),
    problems: z.array(problem).max(limits.problems + 1),
    services: z.array(outline),
    messages: z.int().min(0),
    /** "" when a problem is an error. */
    descriptors: z.base64(),
  }),
  typescript: z.strictObject({
    kind: z.literal("typescript"),
    files: z.array(z.strictObject({ path: z.string(), text: z.string() })).max(20),
  }),
} as const;
export type Answer<K extends Job["kind"]> = z.infer<(typeof answerSchemas)[K]>;
