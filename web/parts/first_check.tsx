/** What stands where the list would be while there is nothing to list. */
import { useState } from "preact/hooks";
import { rich, t } from "../i18n.ts";
import { useMayEdit } from "../rights.ts";
import { go } from "../router.ts";
import { Empty } from "./page.tsx";

export function FirstCheck() {
  const [url, setUrl] = useState("https://");
  const submit = (event: Event) => {
    event.preventDefault();
    go(`/checks/new?url=${encodeURIComponent(url)}`);
  };
  if (!useMayEdit()) return <Empty title={t("Nothing is watched yet")} />;
  return (
    <Empty title={t("What should be watched?")}>
      <p>{t("Type the address of a page or an API. You can try it before it is saved.")}</p>
      <form class="first-check" onSubmit={submit}>
        <input type="url" required aria-label={t("Address")} value={url} onInput={(event) => setUrl(event.currentTarget.value)} />
        <button type="submit" class="primary">
          {t("Add the first check")}
        </button>
      </form>
      <p class="quiet">
        {rich("Or a {port}, a {name}, a {job}, a {grpc}, a {graphql}.", {
          port: <a href="/checks/new?type=tcp">{t("TCP port")}</a>,
          name: <a href="/checks/new?type=dns">{t("DNS name")}</a>,
          job: <a href="/checks/new?type=heartbeat">{t("job that reports by itself")}</a>,
          grpc: <a href="/checks/new?type=grpc">{t("gRPC service")}</a>,
          graphql: <a href="/checks/new?type=graphql">{t("GraphQL query")}</a>,
        })}
      </p>
    </Empty>
  );
}
