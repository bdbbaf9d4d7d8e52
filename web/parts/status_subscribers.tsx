/** Who hears of a status page. */
import { getAll, remove } from "../api.ts";
import { minute } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import type { StatusSubscriber } from "../status_types.ts";
import { announce } from "./announce.tsx";
import { ConfirmButton } from "./confirm.tsx";
import { Card, Loading, Trouble } from "./page.tsx";

export function StatusSubscribers({ pageId }: { pageId: string }) {
  const path = `/status-pages/${pageId}/subscribers`;
  const loaded = useLoad(path, (signal) => getAll<StatusSubscriber>(path, signal));
  const confirmed = loaded.data?.filter(({ confirmedAt }) => confirmedAt !== null).length ?? 0;
  return (
    <Card title={t("Subscribers")} aside={loaded.data && <span class="quiet">{plural(confirmed, "{count} confirmed", "{count} confirmed // of several")}</span>}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!loaded.data && loaded.loading && <Loading what={t("the subscribers")} />}
      {loaded.data?.length === 0 && <p class="quiet">{t("Nobody has subscribed yet.")}</p>}
      <ul class="plain-list">
        {loaded.data?.map((one) => (
          <li key={one.id} class="status-subscriber">
            <span class="grow">
              <span class="type">{one.kind}</span> {one.address}
              <small class="quiet"> {one.confirmedAt === null ? t("has yet to confirm") : t("since {when}", { when: minute(one.confirmedAt) })}</small>
            </span>
            <ConfirmButton
              small
              label={t("Remove")}
              question={t("Remove {address}?", { address: one.address })}
              action={async () => {
                await remove(`${path}/${one.id}`);
                announce(t("Removed."));
                loaded.reload();
              }}
            />
          </li>
        ))}
      </ul>
    </Card>
  );
}
