/** A route being written. */
import { useRef, useState } from "preact/hooks";
import type { AlertRoute } from "../alert_types.ts";
import { getAll, patch, post, Problem } from "../api.ts";
import { alertLabels } from "../alert_labels.ts";
import { errorsByField } from "../fields.ts";
import { t } from "../i18n.ts";
import { useDoing, useLoad } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { ChannelBoxes } from "../parts/channel_choice.tsx";
import { EscalationEditor } from "../parts/escalation_editor.tsx";
import { FieldList, focusFirstError } from "../parts/field_list.tsx";
import { MatchersEditor } from "../parts/matchers_editor.tsx";
import { Card, Empty, Loading, Page, Trouble } from "../parts/page.tsx";
import { groupFields, newRoute, placeAtEnd, reminderField, routeDocument, routeDraftOf, routeFields, type RouteDraft } from "../route_draft.ts";
import { go } from "../router.ts";
import { getRoutes } from "../routes.ts";
import type { Channel, FieldError } from "../types.ts";

export function RouteEditPage({ id }: { id: string }) {
  const routes = useLoad("routes", getRoutes);
  const channels = useLoad("channels", (signal) => getAll<Channel>("/channels", signal));
  const read = routes.data?.find((route) => route.id === id);
  return (
    <Page title={id ? t("Edit route") : t("New route")} back={{ to: "/routes", label: t("Routes") }}>
      <Trouble problem={routes.error} retry={routes.reload} />
      <Trouble problem={channels.error} retry={channels.reload} />
      {!(routes.data && channels.data) && (routes.loading || channels.loading) && <Loading what={t("the routes")} />}
      {id && routes.data && !read && <Empty title={t("There is no such route")} />}
      {routes.data && channels.data && (!id || read) && <Editor read={read} position={read?.position ?? placeAtEnd(routes.data)} channels={channels.data} />}
    </Page>
  );
}

interface EditorProps {
  /** Undefined for a new one. */
  read: AlertRoute | undefined;
  position: number;
  channels: readonly Channel[];
}

function Editor({ read, position, channels }: EditorProps) {
  const form = useRef<HTMLFormElement>(null);
  const [draft, setDraft] = useState<RouteDraft>(() => (read ? routeDraftOf(read) : newRoute()));
  const doing = useDoing();
  const { at, rest } = placed(doing.problem?.fields ?? [], draft);
  const change = (pointer: string, value: RouteDraft["values"][string]) => setDraft({ ...draft, values: { ...draft.values, [pointer]: value } });
  const save = async () => {
    const well = await doing.run(async () => {
      const { document, errors } = routeDocument(draft);
      if (errors.length > 0) throw new Problem(422, "invalid_argument", t("Some fields cannot be used as they are."), errors);
      if (read) await patch(`/routes/${read.id}`, read.version, document);
      else await post<AlertRoute>("/routes", { ...Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null)), position });
      announce(t("Saved."));
      go("/routes");
    });
    if (!well) focusFirstError(form.current);
  };
  const told = draft.channels.length > 0 ? t("Unless a check names channels of its own.") : t("None chosen: nobody is told of what fits here.");
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
      <Card title={t("Of what")}>
        <FieldList fields={routeFields} draft={draft.values} errors={at} onChange={change} />
        <p class="quiet">{t("All conditions must hold.")}</p>
        <MatchersEditor matchers={draft.matchers} errors={at} labels={alertLabels} none={t("Without a condition it fits everything.")} onChange={(matchers) => setDraft({ ...draft, matchers })} />
      </Card>
      <Card title={t("Who is told")}>
        <ChannelBoxes channels={channels} chosen={draft.channels} legend={t("Channels")} hint={told} messages={under("/channels", at)} onChange={(chosen) => setDraft({ ...draft, channels: chosen })} />
      </Card>
      <Card title={t("While nobody acknowledges")}>
        <FieldList fields={[reminderField]} draft={draft.values} errors={at} onChange={change} />
        <h3>{t("Escalation")}</h3>
        <EscalationEditor steps={draft.steps} channels={channels} errors={at} onChange={(steps) => setDraft({ ...draft, steps })} />
      </Card>
      <Card title={t("What goes together")}>
        <FieldList fields={groupFields} draft={draft.values} errors={at} onChange={change} />
      </Card>
      <Trouble problem={doing.problem} rest={rest} />
      <div class="actions">
        <button type="submit" class="primary" disabled={doing.busy}>
          {doing.busy ? t("Saving…") : read ? t("Save") : t("Create route")}
        </button>
        <a class="button" href="/routes">
          {t("Cancel")}
        </a>
      </div>
    </form>
  );
}

const lists = ["/matchers", "/channels", "/escalation"];

function under(pointer: string, errors: Map<string, string[]>): string[] {
  return [...errors].filter(([at]) => at === pointer || at.startsWith(`${pointer}/`)).flatMap(([, messages]) => messages);
}

/** What is wrong inside a list is told by the editor of the list. */
function placed(errors: readonly FieldError[], draft: RouteDraft) {
  const isInList = ({ pointer }: FieldError) => lists.some((list) => pointer === list || pointer.startsWith(`${list}/`));
  const { at, rest } = errorsByField(errors.filter((error) => !isInList(error)), [...routeFields, ...groupFields, reminderField], draft.values);
  for (const { pointer, message } of errors.filter(isInList)) at.set(pointer, [...(at.get(pointer) ?? []), message]);
  return { at, rest };
}
