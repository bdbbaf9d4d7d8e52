/** How others get to a status page: its address, feeds, badges, and a piece of HTML that shows it elsewhere. */
import { t } from "../i18n.ts";
import type { StatusPage } from "../status_types.ts";
import type { Check } from "../types.ts";
import { CopyLine } from "./copy.tsx";
import { Card } from "./page.tsx";

export function StatusShare({ page, checks }: { page: StatusPage; checks: readonly Check[] }) {
  if (!page.published) return null;
  const address = page.domain === "" ? `${location.origin}${page.url}` : `https://${page.domain}/`;
  const base = address.replace(/\/$/, "");
  const first = page.groups.flatMap((group) => group.checks)[0];
  const name = checks.find(({ id }) => id === first)?.name ?? "";
  return (
    <Card title={t("Show it elsewhere")}>
      <CopyLine label={t("Address")} text={address} />
      <CopyLine label={t("Feed")} text={`${base}/rss`} />
      <CopyLine label={t("Widget")} text={frameOf(base, page.title)} />
      {first !== undefined && !page.protected && <CopyLine label={t("Badge")} text={`![${name}](${location.origin}/badge/${first}/status.svg)`} />}
      <p class="quiet">{t("Badges are there for every check on a published page without a password: status, uptime and latency.")}</p>
    </Card>
  );
}

function frameOf(base: string, title: string): string {
  const attributes = { src: `${base}/widget`, title: title.replaceAll('"', "&quot;"), width: "320", height: "80", loading: "lazy" };
  return `<iframe ${Object.entries(attributes).map(([name, value]) => `${name}="${value}"`).join(" ")}></iframe>`;
}
