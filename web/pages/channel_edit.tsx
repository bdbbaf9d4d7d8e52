/** A channel being written. */
import { useRef, useState } from "preact/hooks";
import { get, getAll, patch, post, Problem } from "../api.ts";
import { fieldsOfChannel } from "../channel_fields.ts";
import { documentOf, draftOf, emptyDraft, errorsByField, type Draft } from "../fields.ts";
import { t } from "../i18n.ts";
import { useDoing, useLoad } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { FieldList, focusFirstError, More } from "../parts/field_list.tsx";
import { Card, Loading, Page, Trouble } from "../parts/page.tsx";
import { ProviderChoice } from "../parts/provider_choice.tsx";
import { TestAnswer } from "../parts/test_answer.tsx";
import { mergePatch, textOf } from "../pointer.ts";
import { go } from "../router.ts";
import type { Channel, ChannelProvider, ChannelTest, JsonObject, List } from "../types.ts";

export function ChannelEditPage({ id }: { id: string }) {
  const loaded = useLoad(id || null, (signal) => get<JsonObject>(`/channels/${id}`, signal));
  const providers = useLoad("providers", (signal) => get<List<ChannelProvider>>("/channels/providers", signal));
  const channels = useLoad("channels", (signal) => getAll<Channel>("/channels", signal));
  const ready = providers.data && channels.data && (!id || loaded.data);
  return (
    <Page title={id ? t("Edit channel") : t("New channel")} back={{ to: "/channels", label: t("Channels") }}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      <Trouble problem={providers.error} retry={providers.reload} />
      <Trouble problem={channels.error} retry={channels.reload} />
      {!ready && (loaded.loading || providers.loading || channels.loading) && <Loading what={id ? t("the channel") : t("the providers")} />}
      {ready && <Editor read={id ? loaded.data! : null} providers={providers.data!.items} others={channels.data!.filter((other) => other.id !== id)} />}
    </Page>
  );
}

interface EditorProps {
  /** Null for a new one. */
  read: JsonObject | null;
  providers: ChannelProvider[];
  others: readonly Channel[];
}

function Editor({ read, providers, others }: EditorProps) {
  const form = useRef<HTMLFormElement>(null);
  const providerOf = (type: string) => providers.find((one) => one.type === type);
  const [type, setType] = useState(textOf(read?.["type"]) || "webhook");
  const provider = providerOf(type);
  const fields = fieldsOfChannel(provider, others);
  const [drafts, setDrafts] = useState<Record<string, Draft>>(() => (read ? { [type]: draftOf(fields, read) } : {}));
  const [answer, setAnswer] = useState<ChannelTest>();
  const doing = useDoing();
  const draft = drafts[type] ?? emptyDraft(fields);
  const { at, rest } = errorsByField(doing.problem?.fields ?? [], fields, draft);
  const change = (pointer: string, value: Draft[string]) => setDrafts({ ...drafts, [type]: { ...draft, [pointer]: value } });
  const choose = (next: string) => {
    setDrafts({ ...drafts, [next]: { ...emptyDraft(fieldsOfChannel(providerOf(next), others)), ...drafts[next], "/name": draft["/name"]! } });
    setType(next);
    setAnswer(undefined);
  };
  const written = () => {
    const { document, errors } = documentOf(fields, draft, read ?? { settings: {} });
    if (errors.length > 0) throw new Problem(422, "invalid_argument", t("Some fields cannot be used as they are."), errors);
    return read ? mergePatch(read, document) : { ...document, type };
  };
  const attempt = async (action: () => Promise<unknown>) => {
    setAnswer(undefined);
    if (!(await doing.run(action))) focusFirstError(form.current);
  };
  const save = async () => {
    if (read) await patch(`/channels/${textOf(read["id"])}`, Number(read["version"]), written());
    else await post<Channel>("/channels", written());
    announce(t("Saved."));
    go("/channels");
  };
  const test = async () => setAnswer(await post<ChannelTest>("/channels/test", read ? { ...written(), id: read["id"]! } : written()));
  return (
    <form
      ref={form}
      class={read ? "narrow" : "channel-editor"}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void attempt(save);
      }}
    >
      {!read && <ProviderChoice providers={providers} type={type} onChange={choose} />}
      <div>
        <Card title={provider?.title ?? type}>
          <FieldList fields={fields.filter((field) => !field.more)} draft={draft} errors={at} onChange={change} />
          <More fields={fields} errors={at}>
            <FieldList fields={fields.filter((field) => field.more)} draft={draft} errors={at} onChange={change} />
          </More>
          {provider && (
            <p class="quiet">
              <a href={provider.docs} target="_blank" rel="noreferrer">
                {t("Documentation: {provider}", { provider: provider.title })}
              </a>
            </p>
          )}
        </Card>
        <TestAnswer answer={answer} />
        <Trouble problem={doing.problem} rest={rest} />
        <div class="actions">
          <button type="submit" class="primary" disabled={doing.busy}>
            {doing.busy ? t("Working…") : read ? t("Save") : t("Create channel")}
          </button>
          <button type="button" disabled={doing.busy} onClick={() => void attempt(test)}>
            {t("Send a test")}
          </button>
          <a class="button" href="/channels">
            {t("Cancel")}
          </a>
        </div>
      </div>
    </form>
  );
}
