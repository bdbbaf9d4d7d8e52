/** The dashboard: who is signed in decides what is shown, the address decides which page. */
import { render, type ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, Problem, session } from "./api.ts";
import { followChecks } from "./checks_store.ts";
import { connectEvents } from "./events.ts";
import { ChannelEditPage } from "./pages/channel_edit.tsx";
import { ChannelsPage } from "./pages/channels.tsx";
import { ChecksPage } from "./pages/checks.tsx";
import { IncidentsPage } from "./pages/incidents.tsx";
import { LoginPage } from "./pages/login.tsx";
import { SetupPage } from "./pages/setup.tsx";
import { Announcements } from "./parts/announce.tsx";
import { Empty, Page, Trouble } from "./parts/page.tsx";
import { t } from "./i18n.ts";
import { Shell, SignInAgain } from "./parts/shell.tsx";
import { UndoBar } from "./parts/undo_bar.tsx";
import { lazyPage } from "./lazy_page.tsx";
import { match } from "./route_match.ts";
import { followLinks, go, place } from "./router.ts";
import { useCell } from "./store.ts";
import { showDensity } from "./density.ts";
import { showTheme } from "./theme.ts";
import type { Session } from "./types.ts";

const CheckEditPage = lazyPage(async () => (await import("./pages/check_edit.tsx")).CheckEditPage);
const CheckPage = lazyPage(async () => (await import("./pages/check.tsx")).CheckPage);
const IncidentPage = lazyPage(async () => (await import("./pages/incident.tsx")).IncidentPage);
const NotificationsPage = lazyPage(async () => (await import("./pages/notifications.tsx")).NotificationsPage);
const ForgePage = lazyPage(async () => (await import("./pages/forge.tsx")).ForgePage);
const MaintenanceEditPage = lazyPage(async () => (await import("./pages/maintenance_edit.tsx")).MaintenanceEditPage);
const MaintenancePage = lazyPage(async () => (await import("./pages/maintenance.tsx")).MaintenancePage);
const RouteEditPage = lazyPage(async () => (await import("./pages/route_edit.tsx")).RouteEditPage);
const RoutesPage = lazyPage(async () => (await import("./pages/routes.tsx")).RoutesPage);
const SilenceNewPage = lazyPage(async () => (await import("./pages/silence_new.tsx")).SilenceNewPage);
const SilencesPage = lazyPage(async () => (await import("./pages/silences.tsx")).SilencesPage);
const StatusPageEditPage = lazyPage(async () => (await import("./pages/status_page_edit.tsx")).StatusPageEditPage);
const StatusPagesPage = lazyPage(async () => (await import("./pages/status_pages.tsx")).StatusPagesPage);
const TemplateEditPage = lazyPage(async () => (await import("./pages/template_edit.tsx")).TemplateEditPage);
const TemplatesPage = lazyPage(async () => (await import("./pages/templates.tsx")).TemplatesPage);
const WelcomePage = lazyPage(async () => (await import("./pages/welcome.tsx")).WelcomePage);
const SettingsPage = lazyPage(async () => (await import("./pages/settings.tsx")).SettingsPage);

const pages: [pattern: string, page: ComponentType<{ id: string }>][] = [
  ["/", ChecksPage],
  ["/checks", ChecksPage],
  ["/checks/new", CheckEditPage],
  ["/checks/:id", CheckPage],
  ["/checks/:id/edit", CheckEditPage],
  ["/incidents", IncidentsPage],
  ["/incidents/:id", IncidentPage],
  ["/notifications", NotificationsPage],
  ["/channels", ChannelsPage],
  ["/channels/new", ChannelEditPage],
  ["/channels/:id", ChannelEditPage],
  ["/routes", RoutesPage],
  ["/routes/new", RouteEditPage],
  ["/routes/:id", RouteEditPage],
  ["/silences", SilencesPage],
  ["/silences/new", SilenceNewPage],
  ["/maintenance", MaintenancePage],
  ["/maintenance/new", MaintenanceEditPage],
  ["/maintenance/:id", MaintenanceEditPage],
  ["/templates", TemplatesPage],
  ["/templates/:id", TemplateEditPage],
  ["/status-pages", StatusPagesPage],
  ["/status-pages/new", StatusPageEditPage],
  ["/status-pages/:id", StatusPageEditPage],
  ["/forge", ForgePage],
  ["/settings", SettingsPage],
  ["/settings/:id", SettingsPage],
  ["/welcome", WelcomePage],
];

function App() {
  const { path } = useCell(place);
  if (path === "/setup") return <SetupPage />;
  if (path === "/login") return <LoginPage />;
  return <SignedIn path={path} />;
}

function SignedIn({ path }: { path: string }) {
  const who = useCell(session);
  const [lastEmail, setLastEmail] = useState<string>();
  const [problem, setProblem] = useState<Problem>();
  const askWho = () => {
    setProblem(undefined);
    get<Session>("/auth/me").then(
      (found) => session.set(found),
      (error: unknown) => error instanceof Problem && error.status !== 401 && setProblem(error),
    );
  };
  useEffect(() => {
    if (who) setLastEmail(who.user.email);
    else if (who === undefined) askWho();
    else if (lastEmail === undefined) go(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }, [who]);
  useEffect(() => {
    if (!who) return;
    const stops = [followChecks(), connectEvents()];
    return () => stops.forEach((stop) => stop());
  }, [who?.user.id, who?.tenant.id]);

  if (problem) {
    return (
      <Page title="UptimePing">
        <Trouble problem={problem} retry={askWho} />
      </Page>
    );
  }
  if (!who && lastEmail === undefined) return null;
  return (
    <>
      <Shell isPage={isPage}>
        <PageAt path={path} />
      </Shell>
      {who === null && lastEmail !== undefined && <SignInAgain email={lastEmail} />}
    </>
  );
}

function isPage(path: string): boolean {
  return pages.some(([pattern]) => match(pattern, path) !== null);
}

function PageAt({ path }: { path: string }) {
  for (const [pattern, Found] of pages) {
    const parts = match(pattern, path);
    if (parts) return <Found key={path} id={parts["id"] ?? ""} />;
  }
  return (
    <Page title={t("Not found")}>
      <Empty title={t("There is no page here")}>
        <a class="button" href="/">
          {t("To the checks")}
        </a>
      </Empty>
    </Page>
  );
}

showTheme();
showDensity();
followLinks();
render(
  <>
    <App />
    <UndoBar />
    <Announcements />
  </>,
  document.getElementById("app")!,
);
