/** What the public sees: the status pages, and whether they are published. */
import { getAll } from "../api.ts";
import { plural, t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import { NewLink } from "../parts/new_link.tsx";
import { Empty, Loading, Page, Trouble } from "../parts/page.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import { useMayEdit } from "../rights.ts";
import type { StatusPage } from "../status_types.ts";

export function StatusPagesPage() {
  const loaded = useLoad("status-pages", (signal) => getAll<StatusPage>("/status-pages", signal));
  const mayEdit = useMayEdit();
  return (
    <Page title={t("Status pages")} actions={<NewLink to="/status-pages/new" label={t("New status page")} />}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!loaded.data && loaded.loading && <Loading what={t("the status pages")} />}
      {loaded.data?.length === 0 && (
        <Empty title={t("No status page yet")}>
          <p>{t("A status page tells your users how your services are, without an account: by itself, and with what you have to say.")}</p>
          {mayEdit && (
            <a class="button primary" href="/status-pages/new">
              {t("Make a status page")}
            </a>
          )}
        </Empty>
      )}
      {loaded.data && loaded.data.length > 0 && (
        <ul class="cards">
          {loaded.data.map((page) => (
            <Row key={page.id} page={page} />
          ))}
        </ul>
      )}
    </Page>
  );
}

function Row({ page }: { page: StatusPage }) {
  const checks = page.groups.reduce((sum, group) => sum + group.checks.length, 0);
  const byTags = page.groups.some(({ tags }) => Object.keys(tags).length > 0);
  const facts = [plural(checks, "{count} check", "{count} checks"), byTags && t("and more by tags"), page.protected && t("with a password"), page.domain, page.subscribe && t("subscriptions")].filter(Boolean);
  return (
    <li class={`channel edge-${page.published ? "up" : "paused"}`}>
      <div class="grow">
        <strong>
          <a href={`/status-pages/${page.id}`}>{page.title}</a>
        </strong>
        <p>
          <StateBadge state={page.published ? "up" : "paused"} label={page.published ? t("published") : t("draft")} />
        </p>
        <p class="quiet">{facts.join(" · ")}</p>
      </div>
      {page.published && (
        <div class="actions">
          <a class="button" href={page.url} target="_blank" rel="noopener" title={t("Open {title}, in a new tab", { title: page.title })}>
            {page.url}
          </a>
        </div>
      )}
    </li>
  );
}
