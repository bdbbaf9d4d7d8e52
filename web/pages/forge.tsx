/** From `.proto` files to checks and to client code. */
import { useState } from "preact/hooks";
import { getAll, post, remove } from "../api.ts";
import { count, exactTime, time } from "../format.ts";
import { useDoing, useLoad } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { ConfirmButton } from "../parts/confirm.tsx";
import { CodeDownload } from "../parts/code_download.tsx";
import { Card, Loading, Page, Trouble } from "../parts/page.tsx";
import { ProposeChecks } from "../parts/propose_checks.tsx";
import { useMayEdit } from "../rights.ts";
import { useNow } from "../store.ts";
import type { ProtoProblem, ProtoSet } from "../types.ts";

interface ProtoFile {
  name: string;
  text: string;
}

export function ForgePage() {
  const sets = useLoad("protos", (signal) => getAll<ProtoSet>("/forge/protos", signal));
  const mayEdit = useMayEdit();
  return (
    <Page title="Forge">
      <p class="lead">Give it the .proto files of a service: it finds what is wrong with them, proposes checks for its methods, and writes a typed client.</p>
      {mayEdit && <Upload onDone={sets.reload} />}
      <Trouble problem={sets.error} retry={sets.reload} />
      {!sets.data && sets.loading && <Loading what="the proto sets" />}
      {sets.data?.map((set) => (
        <SetCard key={set.id} set={set} mayEdit={mayEdit} onGone={sets.reload} />
      ))}
    </Page>
  );
}

function Upload({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState("");
  const [files, setFiles] = useState<readonly ProtoFile[]>([]);
  // A file input empties only by being made anew.
  const [round, setRound] = useState(0);
  const [problems, setProblems] = useState<readonly ProtoProblem[]>();
  const doing = useDoing();
  const body = () => ({ name: name.trim() || files[0]?.name.replace(/\.proto$/, "") || "", files });
  const choose = async (chosen: FileList | null) => {
    setProblems(undefined);
    doing.clear();
    setFiles(await Promise.all([...(chosen ?? [])].map(async (file) => ({ name: file.webkitRelativePath || file.name, text: await file.text() }))));
  };
  const upload = () =>
    void doing.run(async () => {
      // Looked at first: its problems come with their lines, where a refusal would name only the first.
      const looked = await post<{ ok: boolean; problems: ProtoProblem[] }>("/forge/validate", body());
      setProblems(looked.problems);
      if (!looked.ok) return;
      const made = await post<ProtoSet>("/forge/protos", body());
      announce(`${made.name}: ${count(made.services.length, "service")} found.`);
      setFiles([]);
      setName("");
      setRound(round + 1);
      onDone();
    });
  return (
    <Card title="Upload">
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          upload();
        }}
      >
        <div class="field">
          <label for="proto-files">.proto files</label>
          <input key={round} id="proto-files" type="file" accept=".proto" multiple onChange={(event) => void choose(event.currentTarget.files)} />
        </div>
        <div class="field">
          <label for="proto-name">Name of the set</label>
          <input id="proto-name" value={name} placeholder={files[0]?.name.replace(/\.proto$/, "") ?? "orders"} onInput={(event) => setName(event.currentTarget.value)} />
        </div>
        <div class="actions wide">
          <button type="submit" class="primary" disabled={doing.busy || files.length === 0}>
            {doing.busy ? "Reading…" : "Upload"}
          </button>
        </div>
      </form>
      <Trouble problem={doing.problem} rest={doing.problem?.fields ?? []} />
      <Problems problems={problems ?? []} />
    </Card>
  );
}

function Problems({ problems }: { problems: readonly ProtoProblem[] }) {
  return (
    <div role="status">
      {problems.length > 0 && (
        <ul class="problems">
          {problems.map((problem) => (
            <li key={`${problem.file}:${problem.line}:${problem.message}`}>
              <span class={problem.severity === "warning" ? "tone-degraded" : "tone-down"}>{problem.severity}</span>{" "}
              <code>
                {problem.file}
                {problem.line ? `:${problem.line}` : ""}
              </code>{" "}
              {problem.message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function SetCard({ set, mayEdit, onGone }: { set: ProtoSet; mayEdit: boolean; onGone: () => void }) {
  const now = useNow();
  const aside = (
    <span class="quiet" title={exactTime(set.createdAt)}>
      version {set.version}, {time(set.createdAt, now)}
    </span>
  );
  return (
    <Card title={set.name} aside={aside}>
      <Problems problems={set.warnings ?? []} />
      {set.services.map((service) => (
        <details key={service.name} open={set.services.length < 4}>
          <summary>
            <b>{service.name}</b> <span class="quiet">{count(service.methods.length, "method")}</span>
          </summary>
          {service.comment && <p class="quiet">{service.comment}</p>}
          <ul class="methods">
            {service.methods.map((method) => (
              <li key={method.name}>
                <code>
                  {method.name}({method.inputType}) → {method.outputType}
                </code>{" "}
                <span class="type">{method.kind.replaceAll("_", " ")}</span>
                {method.comment && <p class="quiet">{method.comment}</p>}
              </li>
            ))}
          </ul>
        </details>
      ))}
      {mayEdit && <ProposeChecks set={set} />}
      <div class="actions">
        <CodeDownload set={set} />
        {mayEdit && (
          <ConfirmButton
            label="Delete"
            question={`Delete ${set.name}?`}
            detail="Checks that call its methods can then no longer read their answers."
            action={async () => {
              await remove(`/forge/protos/${set.id}`);
              onGone();
            }}
          />
        )}
      </div>
    </Card>
  );
}
