/** A route being written. */
import { useState } from "preact/hooks";
import type { AlertRoute } from "../alert_types.ts";
import { getAll, patch, post, Problem } from "../api.ts";
import { alertLabels } from "../alert_labels.ts";
import { errorsByField } from "../fields.ts";
import { t } from "../i18n.ts";
import { useDoing, useLoad } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { ChannelBoxes } from "../parts/channel_choice.tsx";
import { EditorForm, SaveActions } from "../parts/editor_form.tsx";
import { EscalationEditor } from "../parts/escalation_editor.tsx";
import { FieldList } from "../parts/field_list.tsx";
import { MatchersEditor } from "../parts/matchers_editor.tsx";
import { Card, Empty, Loading, Page, Trouble } from "../parts/page.tsx";
import { isUnder, messagesUnder } from "../pointer.ts";
import { groupFields, newRoute, placeAtEnd, reminderField, routeDocument, routeDraftOf, routeFields, type RouteDraft } from "../route_draft.ts";
import { go } from "../router.ts";
import { getRoutes } from "../routes.ts";
import type { Channel } from "../types.ts";

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
  const [draft, setDraft] = useState<RouteDraft>(() => (read ? routeDraftOf(read) : newRoute()));
  const doing = useDoing();
  const { at, rest } = errorsByField(doing.problem?.fields ?? [], [...routeFields, ...groupFields, reminderField], draft.values, isInList);
  const change = (pointer: string, value: RouteDraft["values"][string]) => setDraft({ ...draft, values: { ...draft.values, [pointer]: value } });
  const save = () =>
    doing.run(async () => {
      const { document, errors } = routeDocument(draft);
      if (errors.length > 0) throw new Problem(422, "invalid_argument", t("Some fields cannot be used as they are."), errors);
      if (read) await patch(`/routes/${read.id}`, read.version, document);
      else await post<AlertRoute>("/routes", { ...Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null)), position });
      announce(t("Saved."));
      go("/routes");
    });
  const told = draft.channels.length > 0 ? t("Unless a check names channels of its own.") : t("None chosen: nobody is told of what fits here.");
  return (
    <EditorForm layout="narrow" save={save}>
      <Card title={t("Of what")}>
        <FieldList fields={routeFields} draft={draft.values} errors={at} onChange={change} />
        <p class="quiet">{t("All conditions must hold.")}</p>
        <MatchersEditor matchers={draft.matchers} errors={at} labels={alertLabels} none={t("Without a condition it fits everything.")} onChange={(matchers) => setDraft({ ...draft, matchers })} />
      </Card>
      <Card title={t("Who is told")}>
        <ChannelBoxes channels={channels} chosen={draft.channels} legend={t("Channels")} hint={told} messages={messagesUnder("/channels", at)} onChange={(chosen) => setDraft({ ...draft, channels: chosen })} />
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
      <SaveActions busy={doing.busy} label={read ? t("Save") : t("Create route")} cancelTo="/routes" />
    </EditorForm>
  );
}

const lists = ["/matchers", "/channels", "/escalation"];

function isInList(pointer: string): boolean {
  return lists.some((list) => isUnder(pointer, list));
}
