/** What the Prometheus blackbox exporter answers, for those who scrape it. */
import { z } from "zod";
import { rawAnswer } from "../answer.ts";
import { route } from "../route.ts";

/** For what surrounds the probe itself. */
const marginMs = 5_000;

export const probeRoutes = [
  route({
    method: "GET",
    path: "/probe",
    atRoot: true,
    // It makes us connect somewhere, as a check does. No entry in the audit log: it stores nothing, and a scrape comes every few seconds for ever.
    access: { role: "editor", scope: "probe:write" },
    // A page elsewhere must not have us connect with the session of whoever looks at it.
    sameOrigin: true,
    summary: "Probe a target as the Prometheus blackbox exporter does, and answer with its metrics",
    query: z.strictObject({
      target: z.string().max(4_096).default(""),
      module: z.string().max(200).default("http_2xx"),
      hostname: z.string().max(253).default(""),
      debug: z.enum(["true", "false"], 'must be "true" or "false"').default("false").meta({ description: "answers with a text for people instead" }),
    }),
    response: z.string().meta({ contentType: "text/plain" }),
    handle: async ({ query, http, call, extended }, { probes }) => {
      const scrape = { ...query, debug: query.debug === "true", timeoutHeader: http.headers.get("x-prometheus-scrape-timeout-seconds") };
      const timeoutMs = probes.timeoutOf(scrape);
      const { text, type } = await probes.answer(scrape, timeoutMs, timeoutMs + marginMs > 15_000 ? extended(timeoutMs + marginMs) : call);
      return rawAnswer(new Response(text, { headers: { "content-type": type, "cache-control": "no-store" } }));
    },
  }),
];
