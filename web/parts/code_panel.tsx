/** Client code for a proto set: to look at, to copy, and to take away as a zip. */
import { strToU8, zipSync } from "fflate";
import { useEffect, useRef, useState } from "preact/hooks";
import { get, post } from "../api.ts";
import { bytes } from "../format.ts";
import { t } from "../i18n.ts";
import { useDoing, useLoad } from "../load.ts";
import type { ForgeTemplate } from "../forge/types.ts";
import type { ProtoSet } from "../types.ts";
import { CopyButton } from "./copy.tsx";
import { Trouble } from "./page.tsx";

interface CodeFile {
  path: string;
  text: string;
}

export function CodePanel({ set }: { set: ProtoSet }) {
  const templates = useLoad("templates", (signal) => get<{ items: ForgeTemplate[] }>("/forge/templates", signal));
  const languages = templates.data?.items.filter(({ kind }) => kind === "code") ?? [];
  const [language, setLanguage] = useState("");
  const [files, setFiles] = useState<readonly CodeFile[]>([]);
  const doing = useDoing();
  const wanted = language || languages[0]?.name || "";
  const write = () => void doing.run(async () => setFiles((await post<{ files: CodeFile[] }>(`/forge/protos/${set.id}/code`, { language: wanted })).files));
  const id = `language-${set.id}`;
  return (
    <section class="propose" aria-label={t("Client code")}>
      <h3>{t("Client code")}</h3>
      <p class="quiet">{languages.find(({ name }) => name === wanted)?.description}</p>
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          write();
        }}
      >
        <div class="field">
          <label for={id}>{t("Language")}</label>
          <select id={id} value={wanted} onChange={(event) => setLanguage(event.currentTarget.value)}>
            {languages.map(({ name, title }) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        </div>
        <button type="submit" disabled={doing.busy || wanted === ""}>
          {doing.busy ? t("Writing…") : t("Write the code")}
        </button>
      </form>
      <Trouble problem={doing.problem ?? templates.error} rest={doing.problem?.fields ?? []} />
      {files.length > 0 && <CodeFiles name={set.name} files={files} />}
    </section>
  );
}

/** More than anybody reads; the whole is in the file. */
const longestShown = 60_000;

function CodeFiles({ name, files }: { name: string; files: readonly CodeFile[] }) {
  const [shownPath, setShownPath] = useState(files[0]!.path);
  const file = files.find(({ path }) => path === shownPath) ?? files[0]!;
  const code = useRef<HTMLPreElement>(null);
  return (
    <div class="code-files">
      <div class="code-list">
        <div role="group" aria-label={t("Files")}>
          {files.map(({ path, text }) => (
            <button key={path} type="button" aria-pressed={path === file.path} onClick={() => setShownPath(path)}>
              {path} <small class="quiet">{bytes(text.length)}</small>
            </button>
          ))}
        </div>
        <ZipLink name={name} files={files} />
      </div>
      <section class="code-shown" aria-label={file.path}>
        <div class="actions">
          <b>{file.path}</b>
          <CopyButton what={file.path} text={file.text} place={() => code.current} />
          <SaveLink name={file.path.split("/").at(-1)!} content={[file.text]} label={t("Save")} />
        </div>
        <pre ref={code} tabIndex={0} aria-label={file.path}>
          {file.text.slice(0, longestShown)}
          {file.text.length > longestShown && "\n…"}
        </pre>
      </section>
    </div>
  );
}

function ZipLink({ name, files }: { name: string; files: readonly CodeFile[] }) {
  const folder = name.replaceAll(/[^\w.-]+/g, "-").replaceAll(/^-+|-+$/g, "") || "client";
  const [zip, setZip] = useState<BlobPart[]>([]);
  useEffect(() => setZip([zipSync(Object.fromEntries(files.map(({ path, text }) => [`${folder}/${path}`, strToU8(text)]))) as BlobPart]), [files, folder]);
  return <SaveLink name={`${folder}.zip`} content={zip} label={t("Download all as a zip")} />;
}

function SaveLink({ name, content, label }: { name: string; content: BlobPart[]; label: string }) {
  const [url, setUrl] = useState("");
  const key = typeof content[0] === "string" ? content[0] : content;
  useEffect(() => {
    const made = URL.createObjectURL(new Blob(content));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [key]);
  return (
    <a class="button small" href={url} download={name}>
      {label}
    </a>
  );
}
