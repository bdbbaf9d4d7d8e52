import { routesConformance } from "../../ports/routes.conformance.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteRouteStore } from "./routes.ts";

routesConformance(async () => {
  const temp = await openTempStore();
  return { routes: createSqliteRouteStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
});
