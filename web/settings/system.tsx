/** How the installation does, read again now and then while somebody looks. */
import { get, post } from "../api.ts";
import { exactTime, happened, latency, span } from "../format.ts";
import { number, plural, t } from "../i18n.ts";
import { useDoing, useLoad, useRefresh } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { Card, Loading, Trouble } from "../parts/page.tsx";
import { ScrollTable } from "../parts/scroll_table.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import { useNow } from "../store.ts";
import type { List } from "../types.ts";
import { conditionName, queueNames, roleTasks, type System } from "./system_names.ts";

const refreshMs = 15_000;

export function SystemSection() {
  const loaded = useLoad("system", (signal) => get<System>("/system", signal));
  useRefresh(loaded.reload, refreshMs);
  const now = useNow();
  const system = loaded.data;
  if (!system) return loaded.error ? <Trouble problem={loaded.error} retry={loaded.reload} /> : <Loading what={t("how it does")} />;
  const away = system.roles.filter(({ answers }) => !answers);
  const failing = system.conditions?.filter((one) => one.failing) ?? [];
  const isWell = away.length === 0 && failing.length === 0 && system.connectivity?.online !== false;
  return (
    <>
      <Trouble problem={loaded.error} />
      <Card title={t("UptimePing {version}", { version: system.version })} aside={<StateBadge state={isWell ? "up" : "down"} label={isWell ? t("all is well") : t("something is wrong")} />}>
        <p class="quiet" title={exactTime(system.startedAt)}>
          {t("Running for {span}.", { span: span(now - Date.parse(system.startedAt)) })}
        </p>
        {failing.length > 0 && (
          <ul class="plain-list">
            {failing.map((one) => (
              <li key={one.key}>
                <StateBadge state={one.severity} label={conditionName(one)} /> {one.message}
              </li>
            ))}
          </ul>
        )}
      </Card>
      <Roles roles={system.roles} />
      {system.queues && <Queues queues={system.queues} />}
      {system.operator && <Network of={system.connectivity} />}
      <DeadLetters />
    </>
  );
}

function Roles({ roles }: Pick<System, "roles">) {
  return (
    <Card title={t("Roles")}>
      <ScrollTable label={t("Roles")} columns={[t("Role"), t("State"), t("Answered in"), t("What it does")]}>
        {roles.map((role) => (
          <tr key={role.name}>
            <th scope="row">
              <code>{role.name}</code>
            </th>
            <td>
              <StateBadge state={role.answers ? "up" : "down"} label={role.answers ? t("answers") : t("does not answer")} />
            </td>
            <td class="number">{latency(role.tookMs)}</td>
            <td class="message quiet">{role.problem || roleTasks[role.name]}</td>
          </tr>
        ))}
      </ScrollTable>
    </Card>
  );
}

function Queues({ queues }: { queues: Record<string, number> }) {
  return (
    <Card title={t("Queues")}>
      <dl class="tiles">
        {Object.entries(queues).map(([name, depth]) => (
          <div key={name}>
            <dt>{queueNames[name] ?? name}</dt>
            <dd>{number(depth)}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet">{t("Messages that wait or are being handled. A number that only grows means that a role cannot keep up.")}</p>
    </Card>
  );
}

function Network({ of }: { of: System["connectivity"] }) {
  const now = useNow();
  const [state, label] = !of || !of.known ? ["unknown", t("not known")] : of.online ? ["up", t("connected")] : ["down", t("cut off")];
  return (
    <Card title={t("Our own network")} aside={<StateBadge state={state!} label={label!} />}>
      <p class="quiet">{t("When none of these answers, the network of UptimePing itself is lost, and failures that this explains count as unknown, not as down.")}</p>
      {of?.offlineSince && <p class="tone-down">{t("Cut off since {ago}.", { ago: happened(of.offlineSince, now) })}</p>}
      {!of || of.canaries.length === 0 ? (
        <p>{t("No canary is set: name some with the setting “canaries”.")}</p>
      ) : (
        <ul class="plain-list">
          {of.canaries.map((canary) => (
            <li key={canary.name}>
              <StateBadge state={canary.answers ? "up" : canary.proven ? "down" : "unknown"} label={canary.answers ? t("answers") : canary.proven ? t("silent") : t("never answered yet")} /> <code>{canary.name}</code>{" "}
              <span class="quiet">{canary.error}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

interface DeadLetter {
  id: string;
  queue: string;
  attempts: number;
  reason: string;
  diedAt: string;
}

function DeadLetters() {
  const loaded = useLoad("letters", (signal) => get<List<DeadLetter>>("/dead-letters?limit=50", signal));
  const doing = useDoing();
  const now = useNow();
  const replay = (id: string) =>
    void doing.run(async () => {
      await post(`/dead-letters/${id}/replay`);
      announce(t("It is back on its queue."));
      loaded.reload();
    });
  const items = loaded.data?.items ?? [];
  return (
    <Card title={t("Dead letters")} aside={loaded.data && <StateBadge state={items.length === 0 ? "up" : "degraded"} label={items.length === 0 ? t("none") : plural(items.length, "{count} letter", "{count} letters")} />}>
      <p class="quiet">{t("Messages between roles that were given up after their last attempt. They wait here until somebody looks.")}</p>
      <Trouble problem={doing.problem ?? loaded.error} />
      {items.length > 0 && (
        <ScrollTable label={t("Dead letters")} columns={[t("When"), t("Queue"), t("Why"), t("Actions")]}>
          {items.map((letter) => (
            <tr key={letter.id}>
              <td class="nowrap" title={exactTime(letter.diedAt)}>
                {happened(letter.diedAt, now)}
              </td>
              <td class="nowrap">{queueNames[letter.queue] ?? letter.queue}</td>
              <td class="message">
                {letter.reason} <span class="quiet">{plural(letter.attempts, "{count} attempt", "{count} attempts")}</span>
              </td>
              <td class="right">
                <button type="button" class="small" disabled={doing.busy} onClick={() => replay(letter.id)}>
                  {t("Try again")}
                </button>
              </td>
            </tr>
          ))}
        </ScrollTable>
      )}
    </Card>
  );
}
