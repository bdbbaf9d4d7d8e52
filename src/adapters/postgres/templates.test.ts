import { templatesConformance } from "#ports/templates.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresTemplateStore } from "./templates.ts";

describeWith("postgres", "postgres templates", () => {
  templatesConformance(async () => {
    const temp = await openTempPostgres();
    return { templates: createPostgresTemplateStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });
});
