/** Client code for a proto set, as files to save. */
import { useEffect, useState } from "preact/hooks";
import { post } from "../api.ts";
import { bytes } from "../format.ts";
import { useDoing } from "../load.ts";
import type { ProtoSet } from "../types.ts";
import { Trouble } from "./page.tsx";

interface CodeFile {
  path: string;
  text: string;
}

export function CodeDownload({ set }: { set: ProtoSet }) {
  const [files, setFiles] = useState<readonly CodeFile[]>([]);
  const doing = useDoing();
  const generate = () => void doing.run(async () => setFiles((await post<{ files: CodeFile[] }>(`/forge/protos/${set.id}/code`, { language: "typescript" })).files));
  return (
    <div class="grow">
      <button type="button" disabled={doing.busy} onClick={generate}>
        {doing.busy ? "Writing…" : "Write TypeScript client"}
      </button>
      <Trouble problem={doing.problem} />
      <ul class="plain-list" aria-live="polite">
        {files.map((file) => (
          <FileLink key={file.path} file={file} />
        ))}
      </ul>
    </div>
  );
}

function FileLink({ file }: { file: CodeFile }) {
  const [url, setUrl] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([file.text], { type: "text/plain" }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return (
    <li>
      <a href={url} download={file.path.split("/").at(-1)}>
        {file.path}
      </a>{" "}
      <span class="quiet">{bytes(new Blob([file.text]).size)}</span>
    </li>
  );
}
