/** From `.proto` files, or a server that describes itself, to checks and to client code. */
import { useRef, useState } from "preact/hooks";
import { getAll } from "../api.ts";
import { t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import { DropAnywhere } from "../parts/drop_anywhere.tsx";
import { ForgeSet } from "../parts/forge_set.tsx";
import { ForgeUpload, type TakeFiles } from "../parts/forge_upload.tsx";
import { ImportServer } from "../parts/import_server.tsx";
import { Empty, Loading, Page, Trouble } from "../parts/page.tsx";
import { useMayEdit } from "../rights.ts";
import type { ProtoSet } from "../types.ts";

export function ForgePage() {
  const sets = useLoad("protos", (signal) => getAll<ProtoSet>("/forge/protos", signal));
  const mayEdit = useMayEdit();
  const take = useRef<TakeFiles>(() => {});
  const [newest, setNewest] = useState("");
  const onMade = (id: string) => {
    setNewest(id);
    sets.reload();
  };
  return (
    <Page title={t("Forge")}>
      <p class="lead">{t("Give it the .proto files of a service, or a running server that describes itself: it finds what is wrong, proposes checks for the methods, and writes a typed client.")}</p>
      {mayEdit && <DropAnywhere onDrop={(found) => take.current(found)} />}
      {mayEdit && (
        <div class="forge-sources">
          <ForgeUpload take={take} onMade={onMade} />
          <ImportServer onMade={onMade} />
        </div>
      )}
      <Trouble problem={sets.error} retry={sets.reload} />
      {!sets.data && sets.loading && <Loading what={t("the proto sets")} />}
      {sets.data?.length === 0 && (
        <Empty title={t("Nothing is described yet")}>
          <p class="quiet">{t("A set of .proto files shows its services and methods here, to choose from for checks and code.")}</p>
        </Empty>
      )}
      {sets.data?.map((set, index) => (
        <ForgeSet key={set.id} set={set} opens={set.id === newest || (newest === "" && index === 0)} mayEdit={mayEdit} onGone={sets.reload} />
      ))}
    </Page>
  );
}
