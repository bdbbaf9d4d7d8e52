import { routesConformance } from "#ports/routes.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresRouteStore } from "./routes.ts";

describeWith("postgres", "postgres routes", () => {
  routesConformance(async () => {
    const temp = await openTempPostgres();
    return { routes: createPostgresRouteStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });
});
