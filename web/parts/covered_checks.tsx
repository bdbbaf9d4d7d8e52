/** Which checks a selection is about today. */
import type { CoveredChecks } from "../alert_types.ts";
import { post, Problem } from "../api.ts";
import { plural, t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import type { Matcher } from "../types.ts";
import { Trouble } from "./page.tsx";

const mostShown = 20;

/** Asks the server; what is half typed it refuses, and that is told when it is saved. */
export function MutedChecks({ matchers }: { matchers: readonly Matcher[] }) {
  const loaded = useLoad(JSON.stringify(matchers), () =>
    post<CoveredChecks>("/silences/preview", { matchers }).catch((error: unknown) => {
      if (error instanceof Problem && error.status === 422) return null;
      throw error;
    }),
  );
  return (
    <>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      <div aria-live="polite">
        {loaded.data === null && <p class="quiet">{t("Not complete yet.")}</p>}
        {loaded.data && <CheckNames covered={loaded.data} />}
      </div>
    </>
  );
}

function CheckNames({ covered: { checks, checkCount } }: { covered: CoveredChecks }) {
  if (checkCount === 0) return <p class="quiet">{t("No check fits today.")}</p>;
  return (
    <>
      <p>{plural(checkCount, "{count} check today", "{count} checks today")}</p>
      <ul class="plain-list">
        {checks.slice(0, mostShown).map(({ id, name }) => (
          <li key={id}>
            <a href={`/checks/${id}`}>{name}</a>
          </li>
        ))}
      </ul>
      {checkCount > mostShown && <p class="quiet">{t("and {count} more", { count: checkCount - mostShown })}</p>}
    </>
  );
}
