/** What is wrong with `.proto` files, each with its file, its line and, where the file is at hand, what stands there. */
import type { ProtoFile } from "../forge/proto_files.ts";
import { t } from "../i18n.ts";
import type { ProtoProblem } from "../types.ts";
import { StateBadge } from "./state_badge.tsx";

export function ProtoProblems({ problems, files = [] }: { problems: readonly ProtoProblem[]; files?: readonly ProtoFile[] }) {
  if (problems.length === 0) return null;
  return (
    <ul class="problems">
      {problems.map((problem) => (
        <li key={`${problem.file}:${problem.line}:${problem.message}`}>
          <StateBadge state={problem.severity === "warning" ? "degraded" : "down"} label={problem.severity === "warning" ? t("warning") : t("mistake")} />{" "}
          {problem.file !== "" && (
            <code>
              {problem.file}
              {problem.line ? `:${problem.line}` : ""}
            </code>
          )}{" "}
          {problem.message}
          <LineOf text={files.find(({ name }) => name === problem.file)?.text} line={problem.line ?? 0} />
        </li>
      ))}
    </ul>
  );
}

function LineOf({ text, line }: { text: string | undefined; line: number }) {
  const written = line > 0 ? text?.split("\n")[line - 1] : undefined;
  if (!written?.trim()) return null;
  return (
    <pre class="source-line">
      <span class="quiet">{line}</span> {written.trim().slice(0, 200)}
    </pre>
  );
}
