/** One set: what it describes, the checks that follow from it, and a client in code. */
import { useMemo, useState } from "preact/hooks";
import { remove } from "../api.ts";
import { toggled, treeOf } from "../forge/method_tree.ts";
import { exactTime, time } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { useNow } from "../store.ts";
import type { ProtoSet } from "../types.ts";
import { CodePanel } from "./code_panel.tsx";
import { ConfirmButton } from "./confirm.tsx";
import { MethodDetails } from "./method_details.tsx";
import { MethodTree } from "./method_tree.tsx";
import { ProposeChecks } from "./propose_checks.tsx";
import { ProtoProblems } from "./proto_problems.tsx";

interface ForgeSetProps {
  set: ProtoSet;
  /** Shown whole at first. */
  opens: boolean;
  mayEdit: boolean;
  onGone: () => void;
}

export function ForgeSet({ set, opens, mayEdit, onGone }: ForgeSetProps) {
  const now = useNow();
  const [open, setOpen] = useState(opens);
  const methods = set.services.reduce((sum, service) => sum + service.methods.length, 0);
  return (
    <section class="card forge-set" aria-label={set.name}>
      <div class="card-head">
        <h2>
          <button type="button" class="opener-title" aria-expanded={open} onClick={() => setOpen(!open)}>
            {set.name}
          </button>
        </h2>
        <span class="quiet" title={exactTime(set.createdAt)}>
          {plural(set.services.length, "{count} service", "{count} services")}, {plural(methods, "{count} method", "{count} methods")} · {set.reflection && t("from {address},", { address: set.reflection.address })}{" "}
          {t("version {version}, {when}", { version: String(set.version), when: time(set.createdAt, now) })}
        </span>
      </div>
      {open && <Inside set={set} mayEdit={mayEdit} onGone={onGone} />}
    </section>
  );
}

function Inside({ set, mayEdit, onGone }: Omit<ForgeSetProps, "opens">) {
  const tree = useMemo(() => treeOf(set.services), [set]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [shown, setShown] = useState(() => [...tree.values()].find(({ kind }) => kind === "method")?.id ?? "");
  const node = tree.get(shown);
  return (
    <>
      <ProtoProblems problems={set.warnings ?? []} />
      <div class="forge-browse">
        <MethodTree name={set.name} tree={tree} chosen={chosen} shown={shown} onToggle={mayEdit ? (id) => setChosen(toggled(tree, id, chosen)) : undefined} onShow={setShown} />
        {node && <MethodDetails setId={set.id} node={node} />}
      </div>
      {mayEdit && <ProposeChecks set={set} chosen={chosen} />}
      <CodePanel set={set} />
      {mayEdit && (
        <div class="actions">
          <ConfirmButton
            label={t("Delete")}
            question={t("Delete {name}?", { name: set.name })}
            detail={t("Checks that call its methods can then no longer read their answers.")}
            action={async () => {
              await remove(`/forge/protos/${set.id}`);
              onGone();
            }}
          />
        </div>
      )}
    </>
  );
}
