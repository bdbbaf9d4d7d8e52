/** A proto set from a running server, which is asked by reflection. */
import { useState } from "preact/hooks";
import { post } from "../api.ts";
import { plural, t } from "../i18n.ts";
import { useDoing } from "../load.ts";
import type { ProtoSet } from "../types.ts";
import { announce } from "./announce.tsx";
import { Card, Trouble } from "./page.tsx";

export function ImportServer({ onMade }: { onMade: (id: string) => void }) {
  const [address, setAddress] = useState("");
  const [tls, setTls] = useState(false);
  const [name, setName] = useState("");
  const doing = useDoing();
  const ask = () =>
    void doing.run(async () => {
      const made = await post<ProtoSet>("/forge/protos", { reflection: address.trim(), tls, name: name.trim() });
      announce(plural(made.services.length, "{name}: {count} service found.", "{name}: {count} services found.", { name: made.name }));
      setAddress("");
      setName("");
      onMade(made.id);
    });
  return (
    <Card title={t("From a running server")}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          ask();
        }}
      >
        <div class="field">
          <label for="reflection-address">{t("gRPC server with reflection")}</label>
          <input id="reflection-address" required placeholder="orders.example:443" value={address} onInput={(event) => setAddress(event.currentTarget.value)} />
        </div>
        <div class="field">
          <label for="reflection-name">{t("Name of the set")}</label>
          <input id="reflection-name" value={name} placeholder={address.trim() || "orders.example:443"} onInput={(event) => setName(event.currentTarget.value)} />
        </div>
        <label class="check-line wide">
          <input type="checkbox" checked={tls} onChange={(event) => setTls(event.currentTarget.checked)} /> {t("TLS")}
        </label>
        <div class="actions wide">
          <button type="submit" class="primary" disabled={doing.busy || address.trim() === ""}>
            {doing.busy ? t("Asking…") : t("Ask the server")}
          </button>
        </div>
      </form>
      <Trouble problem={doing.problem} rest={doing.problem?.fields ?? []} />
    </Card>
  );
}
