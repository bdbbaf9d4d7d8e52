/**
 * The page as visitors would see it, while it is being written. It has no script of its own, and the policy of the dashboard, which holds
 * in the frame too, lets none that is written into it run; forms and links do nothing there.
 */
import { post } from "../api.ts";
import { t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import { useSettled } from "../settled.ts";
import type { JsonObject } from "../types.ts";

export function StatusPreview({ id, document }: { id: string; document: JsonObject }) {
  const settled = useSettled(JSON.stringify({ ...document, ...(id && { id }) }));
  const isEmpty = !document["title"] || !document["slug"];
  const loaded = useLoad(isEmpty ? null : settled, () => post<{ html: string }>("/status-pages/preview", JSON.parse(settled)));
  if (isEmpty) return <p class="quiet">{t("With a title and an address the page appears here.")}</p>;
  if (loaded.error && loaded.error.status !== 422) return <p class="quiet">{loaded.error.message}</p>;
  return (
    <>
      {loaded.error && <p class="quiet">{t("Something in the form is not right yet; this is how it was before.")}</p>}
      {loaded.data && <iframe class="status-preview" title={t("Preview of the page")} sandbox="allow-same-origin allow-scripts" srcdoc={loaded.data.html} />}
    </>
  );
}
