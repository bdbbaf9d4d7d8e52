/** Where checks run from. */
import { z } from "zod";
import { route } from "../route.ts";
import { listOf } from "../views/shared.ts";

const locationShape = z
  .strictObject({
    location: z.string(),
    cores: z.number().meta({ description: "processes that run checks from there; 0 when none is attached" }),
    threads: z.number().meta({ description: "their probe threads" }),
    checks: z.number().meta({ description: "how many checks of the tenant name it" }),
  })
  .meta({ id: "Location" });

export const locationRoutes = [
  route({
    method: "GET",
    path: "/locations",
    access: { role: "viewer", scope: "checks:read" },
    summary: "Locations that checks can run from or that they name, home first",
    response: listOf(locationShape),
    handle: async ({ call }, { core }) => {
      const { items } = await core.listLocations({}, call);
      return { items: items.map(({ location, cores, threads, checks }) => ({ location, cores, threads, checks })) };
    },
  }),
];
