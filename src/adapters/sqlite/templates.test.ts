import { templatesConformance } from "../../ports/templates.conformance.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteTemplateStore } from "./templates.ts";

templatesConformance(async () => {
  const temp = await openTempStore();
  return { templates: createSqliteTemplateStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
});
