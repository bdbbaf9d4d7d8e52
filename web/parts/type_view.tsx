/** A message with its fields, and the messages and enums inside it, each when somebody asks. */
import { useState } from "preact/hooks";
import { get, query } from "../api.ts";
import { t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import type { ProtoType } from "../forge/types.ts";
import { Icon } from "./icon.tsx";
import { Loading, Trouble } from "./page.tsx";

export function TypeView({ setId, name, title }: { setId: string; name: string; title: string }) {
  const [open, setOpen] = useState(false);
  const loaded = useLoad(open ? `${setId} ${name}` : null, (signal) => get<{ items: ProtoType[] }>(`/forge/protos/${setId}/types${query({ name })}`, signal));
  const types = new Map(loaded.data?.items.map((type) => [type.name, type]));
  return (
    <div class="type-view">
      <button type="button" class="type-opener" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? "down_arrow" : "next"} /> {title} <code>{name}</code>
      </button>
      {open && <Trouble problem={loaded.error} retry={loaded.reload} />}
      {open && !loaded.data && loaded.loading && <Loading what={name} />}
      {open && types.has(name) && <TypeBody type={types.get(name)!} types={types} />}
    </div>
  );
}

function TypeBody({ type, types }: { type: ProtoType; types: ReadonlyMap<string, ProtoType> }) {
  return (
    <div class="type-body">
      {type.comment && <p class="comment">{type.comment}</p>}
      {type.kind === "message" && type.fields.length === 0 && <p class="quiet">{t("It has no fields.")}</p>}
      <ul>
        {type.fields.map((field) => (
          <FieldLine key={field.number} field={field} types={types} />
        ))}
        {type.values.map((value) => (
          <li key={value.name}>
            <code>{value.name}</code> <small class="quiet">= {value.number}</small>
            {value.comment && <p class="comment">{value.comment}</p>}
          </li>
        ))}
      </ul>
    </div>
  );
}

function FieldLine({ field, types }: { field: ProtoType["fields"][number]; types: ReadonlyMap<string, ProtoType> }) {
  const [open, setOpen] = useState(false);
  const inside = types.get(field.typeName);
  const type = <code class="field-type">{field.type}</code>;
  return (
    <li>
      <b class="field-name">{field.name}</b>{" "}
      {inside ? (
        <button type="button" class="type-opener" aria-expanded={open} aria-label={t("{type}, type of {field}", { type: field.type, field: field.name })} onClick={() => setOpen(!open)}>
          <Icon name={open ? "down_arrow" : "next"} /> {type}
        </button>
      ) : (
        type
      )}{" "}
      <small class="quiet">
        = {field.number}
        {field.oneof && `, ${t("one of {name}", { name: field.oneof })}`}
      </small>
      {field.comment && <p class="comment">{field.comment}</p>}
      {open && inside && <TypeBody type={inside} types={types} />}
    </li>
  );
}
