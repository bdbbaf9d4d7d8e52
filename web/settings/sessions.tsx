/** Where one is signed in. The session that is looked through cannot be ended here by mistake: that is what "Sign out" is for. */
import { call, get, remove } from "../api.ts";
import { exactTime, happened } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { ConfirmButton } from "../parts/confirm.tsx";
import { Icon } from "../parts/icon.tsx";
import { Card, Loading, Trouble } from "../parts/page.tsx";
import { useNow } from "../store.ts";
import type { List } from "../types.ts";
import { deviceName, isHandheld } from "./device_name.ts";

interface OwnSession {
  id: string;
  current: boolean;
  device: string;
  ip: string;
  createdAt: string;
  lastUsedAt: string;
  expiresAt: string;
}

export function SessionsSection() {
  const loaded = useLoad("sessions", (signal) => get<List<OwnSession>>("/auth/sessions", signal));
  const items = loaded.data?.items;
  const others = items?.filter(({ current }) => !current) ?? [];
  const endOthers = async () => {
    const { ended } = await call<{ ended: number }>("DELETE", "/auth/sessions");
    announce(plural(ended, "{count} session has ended.", "{count} sessions have ended."));
    loaded.reload();
  };
  const aside = others.length > 0 && (
    <ConfirmButton small label={t("End all others")} question={t("End all other sessions?")} detail={t("Whoever uses them has to sign in again. This one stays.")} action={endOthers} />
  );
  return (
    <Card title={items ? plural(items.length, "{count} open session", "{count} open sessions") : t("Open sessions")} aside={aside}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!items && loaded.loading && <Loading what={t("the sessions")} />}
      <ul class="sessions">
        {items?.map((one) => (
          <SessionRow key={one.id} one={one} reload={loaded.reload} />
        ))}
      </ul>
      <p class="quiet">{t("The time of the last use is noted each time a session is renewed, which is every few minutes. A new password ends every other session.")}</p>
    </Card>
  );
}

function SessionRow({ one, reload }: { one: OwnSession; reload: () => void }) {
  const now = useNow();
  const name = deviceName(one.device);
  return (
    <li>
      <span class="session-sign">
        <Icon name={isHandheld(one.device) ? "phone" : "desktop"} />
      </span>
      <div class="grow">
        <p>
          <b title={one.device}>{name}</b> {one.current && <span class="type">{t("this one")}</span>}
        </p>
        <p class="quiet">
          {one.ip && <code>{one.ip}</code>} <span title={exactTime(one.lastUsedAt)}>{t("last used {ago}", { ago: happened(one.lastUsedAt, now) })}</span>
          {" · "}
          <span title={exactTime(one.createdAt)}>{t("signed in {ago}", { ago: happened(one.createdAt, now) })}</span>
        </p>
      </div>
      {!one.current && (
        <ConfirmButton
          small
          label={t("End // a session")}
          question={t("End the session of {name}?", { name })}
          detail={t("It is signed out within a second.")}
          action={async () => {
            await remove(`/auth/sessions/${one.id}`);
            reload();
          }}
        />
      )}
    </li>
  );
}
