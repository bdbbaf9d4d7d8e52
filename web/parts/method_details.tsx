/** What is known of the method, service or package that stands beside the tree. */
import type { TreeNode } from "../forge/method_tree.ts";
import { words } from "../format.ts";
import { t } from "../i18n.ts";
import { TypeView } from "./type_view.tsx";

export function MethodDetails({ setId, node }: { setId: string; node: TreeNode }) {
  const { method } = node;
  return (
    <section class="method-details" aria-label={t("Details")}>
      {/* Who walks the tree hears what is shown now; the rest is here to be read. */}
      <h3 aria-live="polite">
        <code>{node.label || t("(no package)")}</code> <span class="type">{method ? words(method.kind) : kinds[node.kind]}</span>
      </h3>
      {node.comment && <p class="comment">{node.comment}</p>}
      {method && (
        <>
          <TypeView key={`in ${method.inputType}`} setId={setId} name={method.inputType} title={t("Request")} />
          <TypeView key={`out ${method.outputType}`} setId={setId} name={method.outputType} title={t("Answer")} />
          {method.kind !== "unary" && <p class="quiet">{t("A check sends one message and reads one: a stream cannot be checked.")}</p>}
        </>
      )}
    </section>
  );
}

const kinds: Record<TreeNode["kind"], string> = { package: t("package"), service: t("service"), method: t("method") };
