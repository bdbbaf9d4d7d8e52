/** `.proto` files on their way to become a set: read, looked at, and stored when nothing is wrong. Whatever is wrong, they stay here. */
import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { post } from "../api.ts";
import { filesOfInput } from "../forge/drop.ts";
import { gather, nameFor, type Dropped, type ProtoFile, type Skipped } from "../forge/proto_files.ts";
import { bytes } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { useDoing } from "../load.ts";
import type { ProtoProblem, ProtoService, ProtoSet } from "../types.ts";
import { announce } from "./announce.tsx";
import { Icon } from "./icon.tsx";
import { Card, Trouble } from "./page.tsx";
import { ProtoProblems } from "./proto_problems.tsx";

export type TakeFiles = (found: Promise<Dropped[]>) => void;

interface Looked {
  ok: boolean;
  problems: ProtoProblem[];
  services: ProtoService[];
}

interface ForgeUploadProps {
  /** Filled with what takes files that are dropped elsewhere on the page. */
  take: RefObject<TakeFiles>;
  onMade: (id: string) => void;
}

export function ForgeUpload({ take, onMade }: ForgeUploadProps) {
  const { name, setName, shownName, files, skipped, looked, step, doing, taken, without, empty, store } = useUpload(onMade);
  take.current = taken;
  return (
    <Card title={t("From files")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          store();
        }}
      >
        <Choose onFound={taken} />
        <div role="status">
          {step && (
            <p class="forge-step">
              <progress aria-label={step.text} value={step.of ? step.done : undefined} max={step.of || undefined} /> {step.text}
            </p>
          )}
        </div>
        <Trouble problem={doing.problem} rest={doing.problem?.fields ?? []} />
        <SkippedFiles skipped={skipped} />
        {files.length > 0 && <ChosenFiles files={files} onRemove={without} />}
        {looked && <LookedAt looked={looked} files={files} />}
        {files.length > 0 && (
          <>
            <div class="field">
              <label for="proto-name">{t("Name of the set")}</label>
              <input id="proto-name" value={name} placeholder={shownName} maxLength={100} onInput={(event) => setName(event.currentTarget.value)} />
            </div>
            <div class="actions">
              <button type="submit" class="primary" disabled={doing.busy || looked?.ok === false}>
                {doing.busy ? t("Reading…") : t("Add the set")}
              </button>
              <button type="button" onClick={empty}>
                {t("Put away")}
              </button>
            </div>
          </>
        )}
      </form>
    </Card>
  );
}

interface Step {
  text: string;
  done?: number;
  of?: number;
}

function useUpload(onMade: (id: string) => void) {
  const [name, setName] = useState("");
  const [files, setFiles] = useState<readonly ProtoFile[]>([]);
  const [skipped, setSkipped] = useState<readonly Skipped[]>([]);
  const [looked, setLooked] = useState<Looked>();
  const [step, setStep] = useState<Step>();
  const doing = useDoing();
  const shownName = name.trim() || nameFor(files).slice(0, 100);
  const work = (action: () => Promise<void>) => void doing.run(action).finally(() => setStep(undefined));
  const look = async (these: readonly ProtoFile[]) => {
    setFiles(these);
    setLooked(undefined);
    setStep({ text: t("Looking for mistakes…") });
    if (these.length > 0) setLooked(await post<Looked>("/forge/validate", { name: nameFor(these).slice(0, 100), files: these }));
  };
  const taken = (found: Promise<Dropped[]>) =>
    work(async () => {
      setStep({ text: t("Reading…") });
      const gathered = await gather(await found, (done, of) => setStep({ text: t("Reading file {done} of {of}…", { done, of }), done, of }));
      setSkipped(gathered.skipped);
      // What is nothing at all does not push out what is there.
      if (gathered.files.length > 0) await look(gathered.files);
    });
  const without = (file: ProtoFile) => work(() => look(files.filter((one) => one !== file)));
  const empty = () => {
    setFiles([]);
    setSkipped([]);
    setLooked(undefined);
    setName("");
    doing.clear();
  };
  const store = () =>
    work(async () => {
      setStep({ text: t("Storing…") });
      const made = await post<ProtoSet>("/forge/protos", { name: shownName, files });
      announce(plural(made.services.length, "{name}: {count} service found.", "{name}: {count} services found.", { name: made.name }));
      empty();
      onMade(made.id);
    });
  return { name, setName, shownName, files, skipped, looked, step, doing, taken, without, empty, store };
}

function Choose({ onFound }: { onFound: TakeFiles }) {
  // A file input empties only by being made anew, and only then tells of the same file again.
  const [round, setRound] = useState(0);
  const found = (files: FileList | null) => {
    const list = filesOfInput(files);
    if (list.length > 0) onFound(Promise.resolve(list));
    setRound(round + 1);
  };
  return (
    <div class="drop-zone">
      <p>{t("Drop .proto files, a folder or a zip anywhere on this page, or")}</p>
      <div class="actions">
        <label class="button file-button">
          {t("Choose files")}
          <input key={`files ${round}`} type="file" accept=".proto,.zip" multiple aria-label={t(".proto files")} onChange={(event) => found(event.currentTarget.files)} />
        </label>
        <label class="button file-button">
          {t("Choose a folder")}
          <input
            key={`folder ${round}`}
            ref={(input) => input?.setAttribute("webkitdirectory", "")}
            type="file"
            aria-label={t("A folder with .proto files")}
            onChange={(event) => found(event.currentTarget.files)}
          />
        </label>
      </div>
    </div>
  );
}

function ChosenFiles({ files, onRemove }: { files: readonly ProtoFile[]; onRemove: (file: ProtoFile) => void }) {
  return (
    <details class="chosen-files" open={files.length <= 8}>
      <summary>{plural(files.length, "{count} file", "{count} files")}</summary>
      <ul>
        {files.map((file) => (
          <li key={file.name}>
            <code>{file.name}</code> <small class="quiet">{bytes(file.text.length)}</small>
            <button type="button" class="plain" aria-label={t("Remove {name}", { name: file.name })} onClick={() => onRemove(file)}>
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function LookedAt({ looked, files }: { looked: Looked; files: readonly ProtoFile[] }) {
  const methods = looked.services.reduce((sum, service) => sum + service.methods.length, 0);
  return (
    <div class="looked" role="status">
      {looked.ok && (
        <p>
          <Icon name="check" /> {plural(looked.services.length, "{count} service", "{count} services")}, {plural(methods, "{count} method", "{count} methods")}
          {looked.problems.length === 0 && `: ${t("nothing is wrong")}`}
        </p>
      )}
      <ProtoProblems problems={looked.problems} files={files} />
    </div>
  );
}

const reasons: Record<Skipped["because"], string> = {
  kind: t("is neither a .proto file nor a zip"),
  zip: t("cannot be read as a zip"),
  large: t("is too large"),
};

function SkippedFiles({ skipped }: { skipped: readonly Skipped[] }) {
  if (skipped.length === 0) return null;
  return (
    <details class="skipped">
      <summary>{plural(skipped.length, "{count} file was left out", "{count} files were left out")}</summary>
      <ul>
        {skipped.slice(0, 50).map(({ name, because }) => (
          <li key={name}>
            <code>{name}</code> {reasons[because]}
          </li>
        ))}
      </ul>
    </details>
  );
}
