/** A file of bytes, kept as base64. */
import { useState } from "preact/hooks";
import { bytes } from "../format.ts";
import { base64Of } from "../base64.ts";
import { t } from "../i18n.ts";
import { Icon } from "./icon.tsx";

interface FileInputProps {
  value: string;
  shared: Record<string, unknown>;
  onChange: (value: string) => void;
}

export function FileInput({ value, shared, onChange }: FileInputProps) {
  const [name, setName] = useState("");
  const take = async (file: File | undefined) => {
    if (!file) return;
    setName(file.name);
    onChange(base64Of(new Uint8Array(await file.arrayBuffer())));
  };
  return (
    <div class="file">
      <input {...shared} type="file" onChange={(event) => void take(event.currentTarget.files?.[0])} />
      {value !== "" && (
        <p class="quiet">
          <Icon name="check" /> {name || t("A file is stored")}, {bytes(Math.floor((value.length * 3) / 4))}
        </p>
      )}
    </div>
  );
}
