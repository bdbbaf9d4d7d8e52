/** What a schema found wrong with a document, one problem for each field. */
import type { z } from "zod";
import { type FieldError, pointerOf } from "#kernel/errors";

export function problemsOf({ issues }: z.ZodError): FieldError[] {
  return issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), message: "is not known here" }))
      : [{ pointer: pointerOf(issue.path), message: issue.message }],
  );
}
