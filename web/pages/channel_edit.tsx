/** A channel being written. */
import { useRef, useState } from "preact/hooks";
import { get, patch, post, Problem } from "../api.ts";
import { channelTypes, fieldsOfChannel } from "../channel_fields.ts";
import { documentOf, draftOf, emptyDraft, errorsByField, type Draft } from "../fields.ts";
import { useDoing, useLoad } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { FieldList, focusFirstError, More } from "../parts/field_list.tsx";
import { Card, Loading, Page, Trouble } from "../parts/page.tsx";
import { TypeChoice } from "../parts/type_choice.tsx";
import { mergePatch, textOf } from "../pointer.ts";
import { go } from "../router.ts";
import type { Channel, JsonObject } from "../types.ts";

export function ChannelEditPage({ id }: { id: string }) {
  const loaded = useLoad(id || null, (signal) => get<JsonObject>(`/channels/${id}`, signal));
  return (
    <Page title={id ? "Edit channel" : "New channel"} back={{ to: "/channels", label: "Channels" }}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {id && !loaded.data && loaded.loading && <Loading what="the channel" />}
      {!id && <Editor read={null} />}
      {id && loaded.data && <Editor read={loaded.data} />}
    </Page>
  );
}

function Editor({ read }: { read: JsonObject | null }) {
  const form = useRef<HTMLFormElement>(null);
  const [type, setType] = useState(textOf(read?.["type"]) || "webhook");
  const [drafts, setDrafts] = useState<Record<string, Draft>>(() => (read ? { [type]: draftOf(fieldsOfChannel(type), read) } : {}));
  const doing = useDoing();
  const fields = fieldsOfChannel(type);
  const draft = drafts[type] ?? emptyDraft(fields);
  const { at, rest } = errorsByField(doing.problem?.fields ?? [], fields, draft);
  const change = (pointer: string, value: Draft[string]) => setDrafts({ ...drafts, [type]: { ...draft, [pointer]: value } });
  const choose = (next: string) => {
    setDrafts({ ...drafts, [next]: { ...emptyDraft(fieldsOfChannel(next)), ...drafts[next], "/name": draft["/name"]! } });
    setType(next);
  };
  const save = async () => {
    const well = await doing.run(async () => {
      const { document, errors } = documentOf(fields, draft, read ?? { settings: {} });
      if (errors.length > 0) throw new Problem(422, "invalid_argument", "Some fields cannot be used as they are.", errors);
      if (read) await patch(`/channels/${textOf(read["id"])}`, Number(read["version"]), mergePatch(read, document));
      else await post<Channel>("/channels", { ...document, type });
      announce("Saved. Send a test to see that it arrives.");
      go("/channels");
    });
    if (!well) focusFirstError(form.current);
  };
  return (
    <form
      ref={form}
      class="narrow"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {!read && <TypeChoice types={channelTypes} type={type} onChange={choose} />}
      <Card title={channelTypes.find(([name]) => name === type)?.[1] ?? type}>
        <FieldList fields={fields.filter((field) => !field.more)} draft={draft} errors={at} onChange={change} />
        <More fields={fields} errors={at}>
          <FieldList fields={fields.filter((field) => field.more)} draft={draft} errors={at} onChange={change} />
        </More>
      </Card>
      <Trouble problem={doing.problem} rest={rest} />
      <div class="actions">
        <button type="submit" class="primary" disabled={doing.busy}>
          {doing.busy ? "Saving…" : read ? "Save" : "Create channel"}
        </button>
        <a class="button" href="/channels">
          Cancel
        </a>
      </div>
    </form>
  );
}
