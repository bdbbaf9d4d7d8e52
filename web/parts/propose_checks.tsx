/** Checks that the forge proposes for a proto set; a person takes, changes, tries and creates the ones that make sense. */
import { useId, useRef, useState } from "preact/hooks";
import { create as createOnce, newKey, post } from "../api.ts";
import { documentOf, messagesOf, proposalsFrom, type Defaults, type Outcome, type Proposal } from "../forge/proposals.ts";
import { plural, t } from "../i18n.ts";
import { useDoing } from "../load.ts";
import type { Check, JsonObject, ProtoSet, Result } from "../types.ts";
import { announce } from "./announce.tsx";
import { Trouble } from "./page.tsx";
import { ProposalRow } from "./proposal_row.tsx";

export function ProposeChecks({ set, chosen }: { set: ProtoSet; chosen: ReadonlySet<string> }) {
  const { reflection } = set;
  const [address, setAddress] = useState(reflection?.address ?? "");
  const [tls, setTls] = useState(reflection ? reflection.tls !== false : false);
  const [withHealth, setWithHealth] = useState(true);
  const [proposals, setProposals] = useState<readonly Proposal[]>();
  const doing = useDoing();
  const propose = () =>
    void doing.run(async () => {
      // Of the server that described the set it is known how TLS is spoken there.
      const isSame = reflection?.address === address && (reflection.tls !== false) === tls;
      const { checks } = await post<{ checks: JsonObject[] }>(`/forge/protos/${set.id}/checks`, isSame ? {} : { address: address.trim(), tls });
      setProposals(proposalsFrom(checks, chosen, withHealth));
    });
  const id = `address-${set.id}`;
  return (
    <section class="propose" aria-label={t("Checks")}>
      <h3>{t("Checks")}</h3>
      <p class="quiet">{chosen.size === 0 ? t("Choose methods above, or none for all that can be checked.") : plural(chosen.size, "{count} method is chosen.", "{count} methods are chosen.")}</p>
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          propose();
        }}
      >
        <div class="field">
          <label for={id}>{t("Where it runs")}</label>
          <input id={id} required placeholder="orders.example:443" spellcheck={false} value={address} onInput={(event) => setAddress(event.currentTarget.value)} />
        </div>
        <label class="check-line">
          <input type="checkbox" checked={tls} onChange={(event) => setTls(event.currentTarget.checked)} /> {t("TLS")}
        </label>
        <label class="check-line">
          <input type="checkbox" checked={withHealth} onChange={(event) => setWithHealth(event.currentTarget.checked)} /> {t("Health of the services, too")}
        </label>
        <button type="submit" disabled={doing.busy}>
          {t("Propose checks")}
        </button>
      </form>
      <Trouble problem={doing.problem} rest={doing.problem?.fields ?? []} />
      {proposals && <Proposals proposals={proposals} onChange={setProposals} />}
    </section>
  );
}

type Change = (change: (before: readonly Proposal[] | undefined) => readonly Proposal[] | undefined) => void;

function Proposals({ proposals, onChange }: { proposals: readonly Proposal[]; onChange: Change }) {
  const [defaults, setDefaults] = useState<Defaults>({ every: "60s", timeoutMs: "" });
  const doing = useDoing();
  const id = useId();
  const keys = useRef(new Map<string, string>());
  const open = proposals.filter(({ taken, outcome }) => taken && outcome?.kind !== "created");
  const change = (key: number, part: Partial<Proposal>) => onChange((before) => before?.map((one) => (one.key === key ? { ...one, ...part } : one)));
  /** One by one, each with what came of it: a refusal stops nothing, and what is done is not done again. */
  const forEach = (work: (document: JsonObject) => Promise<Outcome>) =>
    doing.run(async () => {
      for (const proposal of open) {
        change(proposal.key, { outcome: { kind: "busy" } });
        const outcome = await Promise.resolve()
          .then(() => work(documentOf(proposal, defaults)))
          .catch((error: unknown): Outcome => ({ kind: "refused", messages: messagesOf(error) }));
        change(proposal.key, { outcome });
      }
    });
  const tryAll = () => void forEach(async ({ schedule: _when, ...check }) => ({ kind: "tested", result: await post<Result>("/checks/test", check) }));
  const createAll = async () => {
    let made = 0;
    await forEach(async (document) => {
      const text = JSON.stringify(document);
      const key = keys.current.get(text) ?? newKey();
      keys.current.set(text, key);
      const { id } = await createOnce<Check>("/checks", document, key);
      made++;
      return { kind: "created", id };
    });
    announce(plural(made, "{count} check created.", "{count} checks created."), made > 0 ? "up" : "down");
  };
  if (proposals.length === 0) return <p class="quiet">{t("There is nothing to propose: nothing that was chosen can be checked.")}</p>;
  return (
    <fieldset class="proposals">
      <legend>{t("Proposed checks")}</legend>
      <div class="inline">
        <div class="field">
          <label for={`${id}-every`}>{t("Every")}</label>
          <input id={`${id}-every`} value={defaults.every} onInput={(event) => setDefaults({ ...defaults, every: event.currentTarget.value })} />
        </div>
        <div class="field">
          <label for={`${id}-timeout`}>{t("Timeout (ms)")}</label>
          <input id={`${id}-timeout`} inputMode="numeric" placeholder="10000" value={defaults.timeoutMs} onInput={(event) => setDefaults({ ...defaults, timeoutMs: event.currentTarget.value })} />
        </div>
      </div>
      <ul>
        {proposals.map((proposal) => (
          <ProposalRow key={proposal.key} proposal={proposal} onChange={(part) => change(proposal.key, part)} />
        ))}
      </ul>
      <div class="actions">
        <button type="button" class="primary" disabled={doing.busy || open.length === 0} onClick={() => void createAll()}>
          {plural(open.length, "Create {count} check", "Create {count} checks")}
        </button>
        <button type="button" disabled={doing.busy || open.length === 0} onClick={tryAll}>
          {t("Test them now")}
        </button>
      </div>
    </fieldset>
  );
}
