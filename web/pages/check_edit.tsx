/** A check being written: nothing typed is lost, every complaint stands at its field, and it can be tried before it is saved. */
import { get, session } from "../api.ts";
import { startOfCopy, startOfEdit, startOfNew } from "../check_start.ts";
import { t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import { CheckEditor } from "../parts/check_editor.tsx";
import { Loading, Page, Trouble } from "../parts/page.tsx";
import { textOf } from "../pointer.ts";
import { place } from "../router.ts";
import { useCell } from "../store.ts";
import type { JsonObject } from "../types.ts";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function CheckEditPage({ id }: { id: string }) {
  const { query } = useCell(place);
  const from = id ? "" : (query.get("from") ?? "");
  const source = id || from;
  const loaded = useLoad(source || null, (signal) => get<JsonObject>(`/checks/${encodeURIComponent(source)}`, signal));
  const { data } = loaded;
  const back = id ? { to: `/checks/${id}`, label: textOf(data?.["name"]) || t("Check") } : { to: "/", label: t("Checks") };
  // What one person has typed is nothing for who signs in next in the same tab.
  const who = session.get()?.user.id ?? "";
  const isHere = data?.["id"] === source;
  return (
    <Page title={id ? t("Edit check") : t("New check")} back={back}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {source !== "" && !data && loaded.loading && <Loading what={t("the check")} />}
      {source === "" && <CheckEditor key={`new?${query.toString()}`} draftKey={`${who}/new?${query.toString()}`} begin={() => startOfNew(query, zone)} />}
      {from !== "" && data && isHere && <CheckEditor key={`from/${from}`} draftKey={`${who}/from/${from}`} begin={() => startOfCopy(data, zone)} />}
      {id && data && isHere && <CheckEditor key={id} draftKey={`${who}/${id}@${textOf(data["version"])}`} begin={() => startOfEdit(data, zone)} />}
    </Page>
  );
}
