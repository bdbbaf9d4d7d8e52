/** Opens what records traces, where there is a collector for them; the library is loaded only then. */
import type { Releases } from "#kernel/lifecycle";
import type { Log } from "#kernel/log";
import { untraced, type Tracing } from "#kernel/tracing";
import type { ProcessSettings } from "./settings.ts";
import { version } from "./version.ts";

export async function openTracing(settings: ProcessSettings, { log, releases }: { log: Log; releases: Releases }): Promise<Tracing> {
  if (settings.otlpUrl === "") return untraced;
  const { createOtlpTracing } = await import("#kernel/otlp");
  const tracing = createOtlpTracing({
    url: settings.otlpUrl,
    headers: parseHeaders(settings.otlpHeaders.reveal()),
    ratio: settings.traceRatio,
    random: Math.random,
    resource: { "service.version": version, "uptimeping.roles": settings.role.join(","), "process.pid": process.pid },
    log,
  });
  releases.add("traces", () => tracing.stop());
  return tracing;
}

/** `name=value,name=value`; whatever was let through by the setting is right. */
function parseHeaders(text: string): Record<string, string> {
  const entries = text.split(",").filter((entry) => entry.trim() !== "");
  return Object.fromEntries(entries.map((entry) => [entry.slice(0, entry.indexOf("=")).trim(), entry.slice(entry.indexOf("=") + 1).trim()]));
}
