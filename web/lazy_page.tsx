/** A page whose code is fetched when somebody first opens it, so that the list of checks comes quickly. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "./i18n.ts";
import { Loading, Page } from "./parts/page.tsx";

export function lazyPage<P extends object = { id: string }>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return function LazyPage(props: P) {
    const [Found, setFound] = useState<ComponentType<P> | undefined>(() => loaded);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (Found) return;
      load().then(
        (page) => {
          loaded = page;
          setFound(() => page);
        },
        () => setFailed(true),
      );
    }, []);
    if (Found) return <Found {...props} />;
    if (!failed) return <Loading what={t("the page")} />;
    // A new version was installed meanwhile, or nobody answers: either way a fresh page is the way out.
    return (
      <Page title={t("This page could not be loaded")}>
        <p class="lead">{t("There may be a new version of UptimePing, or no connection.")}</p>
        <button type="button" class="primary" onClick={() => location.reload()}>
          {t("Load again")}
        </button>
      </Page>
    );
  };
}
