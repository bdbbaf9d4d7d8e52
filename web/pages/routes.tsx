/** Which channels hear of what: asked from top to bottom, and the first that fits decides. */
import type { AlertRoute } from "../alert_types.ts";
import { getAll, patch, remove } from "../api.ts";
import { durationText } from "../duration.ts";
import { t } from "../i18n.ts";
import { useDoing, useLoad } from "../load.ts";
import { matcherText } from "../matcher_draft.ts";
import { announce } from "../parts/announce.tsx";
import { ConfirmButton } from "../parts/confirm.tsx";
import { NewLink } from "../parts/new_link.tsx";
import { Empty, Loading, Page, Trouble } from "../parts/page.tsx";
import { RouteTester } from "../parts/route_tester.tsx";
import { useMayEdit } from "../rights.ts";
import { movedRoutes } from "../route_draft.ts";
import { getRoutes } from "../routes.ts";
import type { Channel } from "../types.ts";

export function RoutesPage() {
  const loaded = useLoad("routes", getRoutes);
  const channels = useLoad("channels", (signal) => getAll<Channel>("/channels", signal));
  const moving = useDoing();
  const mayEdit = useMayEdit();
  const routes = loaded.data ?? [];
  const nameOf = (id: string) => channels.data?.find((channel) => channel.id === id)?.name ?? id;
  const move = (route: AlertRoute, by: -1 | 1) =>
    void moving
      .run(async () => {
        for (const { route: one, position } of movedRoutes(routes, route.id, by)) await patch(`/routes/${one.id}`, one.version, { position });
        announce(by < 0 ? t("{name} is now higher.", { name: route.name }) : t("{name} is now lower.", { name: route.name }));
      })
      // Also after half of it was refused: somebody else has changed the order.
      .then(loaded.reload);
  return (
    <Page title={t("Routes")} actions={<NewLink to="/routes/new" label={t("New route")} />}>
      <Trouble problem={loaded.error ?? moving.problem} retry={loaded.reload} />
      {!loaded.data && loaded.loading && <Loading what={t("the routes")} />}
      {loaded.data?.length === 0 && (
        <Empty title={t("Everybody hears of everything")}>
          <p>{t("Without a route every enabled channel is told, unless a check names its own. A route says which channels hear of what, how often they are reminded, and who hears when nobody answers.")}</p>
        </Empty>
      )}
      {routes.length > 0 && (
        <ol class="cards" aria-label={t("Routes, in the order in which they are asked")}>
          {routes.map((route, index) => (
            <RouteRow key={route.id} route={route} nameOf={nameOf} isFirst={index === 0} isLast={index === routes.length - 1} move={mayEdit && !moving.busy ? (by) => move(route, by) : undefined} onChange={loaded.reload} />
          ))}
        </ol>
      )}
      {routes.length > 0 && <p class="quiet">{t("What no route fits goes to every enabled channel. A check that names channels of its own goes to those.")}</p>}
      {loaded.data && <RouteTester round={routes.map(({ id, version }) => `${id} ${version}`).join()} />}
    </Page>
  );
}

interface RowProps {
  route: AlertRoute;
  nameOf: (channelId: string) => string;
  isFirst: boolean;
  isLast: boolean;
  /** Undefined for those who may not. */
  move: ((by: -1 | 1) => void) | undefined;
  onChange: () => void;
}

function RouteRow({ route, nameOf, isFirst, isLast, move, onChange }: RowProps) {
  const mayEdit = useMayEdit();
  return (
    <li class={`channel edge-${route.enabled ? "up" : "paused"}`}>
      <div class="grow">
        <a href={`/routes/${route.id}`}>{route.name}</a>
        {!route.enabled && <span class="quiet"> {t("not in force")}</span>}
        <p>{route.matchers.map(matcherText).join(t(" and ")) || t("everything")}</p>
        <p class="quiet">{told(route, nameOf)}</p>
      </div>
      {mayEdit && (
        <div class="actions">
          <button type="button" aria-label={t("Move {name} up", { name: route.name })} disabled={isFirst || !move} onClick={() => move?.(-1)}>
            {t("Up")}
          </button>
          <button type="button" aria-label={t("Move {name} down", { name: route.name })} disabled={isLast || !move} onClick={() => move?.(1)}>
            {t("Down")}
          </button>
          <ConfirmButton
            label={t("Delete")}
            question={t("Delete {name}?", { name: route.name })}
            detail={t("What it fits goes to the routes after it, else to every enabled channel.")}
            action={async () => {
              await remove(`/routes/${route.id}`);
              announce(t("{name} is deleted.", { name: route.name }));
              onChange();
            }}
          />
        </div>
      )}
    </li>
  );
}

function told({ channels, escalation, reminderEveryMs, continue: goesOn }: AlertRoute, nameOf: (id: string) => string): string {
  const names = (ids: readonly string[]) => ids.map(nameOf).join(", ");
  return [
    channels.length > 0 ? t("to {channel}", { channel: names(channels) }) : t("to nobody"),
    ...(reminderEveryMs > 0 ? [t("again every {interval}", { interval: durationText(reminderEveryMs) })] : []),
    ...escalation.map((step) => t("after {span} to {channels}", { span: durationText(step.afterMs), channels: names(step.channels) })),
    ...(goesOn ? [t("then the routes below")] : []),
  ].join("; ");
}
