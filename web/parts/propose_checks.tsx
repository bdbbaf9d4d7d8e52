/** Checks that the forge proposes for a proto set; a person takes the ones that make sense. */
import { useState } from "preact/hooks";
import { post } from "../api.ts";
import { count } from "../format.ts";
import { useDoing } from "../load.ts";
import { textOf } from "../pointer.ts";
import type { JsonObject, ProtoSet } from "../types.ts";
import { announce } from "./announce.tsx";
import { Trouble } from "./page.tsx";

interface Proposal {
  key: number;
  check: JsonObject;
  taken: boolean;
}

export function ProposeChecks({ set }: { set: ProtoSet }) {
  const [address, setAddress] = useState("");
  const [tls, setTls] = useState(false);
  const [proposals, setProposals] = useState<readonly Proposal[]>();
  const doing = useDoing();
  const taken = proposals?.filter((proposal) => proposal.taken) ?? [];
  const propose = () =>
    void doing.run(async () => {
      const { checks } = await post<{ checks: JsonObject[] }>(`/forge/protos/${set.id}/checks`, { address, tls });
      setProposals(checks.map((check, key) => ({ key, check, taken: true })));
    });
  const create = () =>
    void doing.run(async () => {
      // One by one, each leaving the list when it is there: after a refusal the list holds what is still to do.
      for (const proposal of taken) {
        await post("/checks", proposal.check);
        setProposals((before) => before?.filter((one) => one.key !== proposal.key));
      }
      announce(`${count(taken.length, "check")} created.`);
    });
  const id = `address-${set.id}`;
  return (
    <form
      class="propose"
      onSubmit={(event) => {
        event.preventDefault();
        propose();
      }}
    >
      <div class="inline">
        <div class="field">
          <label for={id}>Where it runs</label>
          <input id={id} required placeholder="orders.example:443" value={address} onInput={(event) => setAddress(event.currentTarget.value)} />
        </div>
        <label class="check-line">
          <input type="checkbox" checked={tls} onChange={(event) => setTls(event.currentTarget.checked)} /> TLS
        </label>
        <button type="submit" disabled={doing.busy}>
          Propose checks
        </button>
      </div>
      <Trouble problem={doing.problem} rest={doing.problem?.fields ?? []} />
      {proposals && (
        <fieldset>
          <legend>{proposals.length > 0 ? "Proposed checks" : "Nothing more to propose"}</legend>
          {proposals.map((proposal) => (
            <label key={proposal.key} class="check-line">
              <input
                type="checkbox"
                checked={proposal.taken}
                onChange={(event) => setProposals(proposals.map((one) => (one === proposal ? { ...one, taken: event.currentTarget.checked } : one)))}
              />
              {textOf(proposal.check["name"])}
            </label>
          ))}
          {proposals.length > 0 && (
            <button type="button" class="primary" disabled={doing.busy || taken.length === 0} onClick={create}>
              Create {count(taken.length, "check")}
            </button>
          )}
        </fieldset>
      )}
    </form>
  );
}
