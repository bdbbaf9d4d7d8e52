/** What a check's target is compared with. */
import { z } from "zod";
import { iso } from "#kernel/clock";
import { route } from "../route.ts";
import { time } from "../views/shared.ts";

const baselineShape = z
  .strictObject({
    kind: z.string().meta({ description: "graphql_schema" }),
    hash: z.string().meta({ description: "SHA-256 of the text, in hexadecimal" }),
    text: z.string().meta({ description: "the SDL, sorted and without descriptions" }),
    setAt: time,
  })
  .meta({ id: "Baseline" });

export const baselineRoutes = [
  route({
    method: "GET",
    path: "/checks/{id}/baseline",
    access: { role: "viewer", scope: "checks:read" },
    summary: "The schema that a check with watchSchema is compared with",
    response: baselineShape,
    handle: async ({ params, call }, { core }) => {
      const { kind, hash, text, setAtMs } = await core.getBaseline({ checkId: params["id"]! }, call);
      return { kind, hash, text, setAt: iso(setAtMs) };
    },
  }),
  route({
    method: "POST",
    path: "/checks/{id}/baseline",
    access: { role: "editor", scope: "checks:write" },
    summary: "Accept the schema as it is now: the baseline is forgotten, and the next run sets it",
    response: undefined,
    audit: "check.accept_baseline",
    handle: async ({ params, call }, { core }) => void (await core.acceptBaseline({ checkId: params["id"]! }, call)),
  }),
];
