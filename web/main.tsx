/** The dashboard: who is signed in decides what is shown, the address decides which page. */
import { render, type ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, Problem, session } from "./api.ts";
import { connectEvents } from "./events.ts";
import { CheckPage } from "./pages/check.tsx";
import { CheckEditPage } from "./pages/check_edit.tsx";
import { ChannelEditPage } from "./pages/channel_edit.tsx";
import { ChannelsPage } from "./pages/channels.tsx";
import { ChecksPage } from "./pages/checks.tsx";
import { ForgePage } from "./pages/forge.tsx";
import { IncidentPage } from "./pages/incident.tsx";
import { IncidentsPage } from "./pages/incidents.tsx";
import { LoginPage } from "./pages/login.tsx";
import { SettingsPage } from "./pages/settings.tsx";
import { SetupPage } from "./pages/setup.tsx";
import { Announcements } from "./parts/announce.tsx";
import { Empty, Page, Trouble } from "./parts/page.tsx";
import { Shell, SignInAgain } from "./parts/shell.tsx";
import { match } from "./route_match.ts";
import { followLinks, go, place } from "./router.ts";
import { followStatuses } from "./statuses.ts";
import { useCell } from "./store.ts";
import { showTheme } from "./theme.ts";
import type { Session } from "./types.ts";

const pages: [pattern: string, page: ComponentType<{ id: string }>][] = [
  ["/", ChecksPage],
  ["/checks", ChecksPage],
  ["/checks/new", CheckEditPage],
  ["/checks/:id", CheckPage],
  ["/checks/:id/edit", CheckEditPage],
  ["/incidents", IncidentsPage],
  ["/incidents/:id", IncidentPage],
  ["/channels", ChannelsPage],
  ["/channels/new", ChannelEditPage],
  ["/channels/:id", ChannelEditPage],
  ["/forge", ForgePage],
  ["/settings", SettingsPage],
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
    const stops = [followStatuses(), connectEvents()];
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
      <Shell>
        <PageAt path={path} />
      </Shell>
      {who === null && lastEmail !== undefined && <SignInAgain email={lastEmail} />}
    </>
  );
}

function PageAt({ path }: { path: string }) {
  for (const [pattern, Found] of pages) {
    const parts = match(pattern, path);
    if (parts) return <Found key={path} id={parts["id"] ?? ""} />;
  }
  return (
    <Page title="Not found">
      <Empty title="There is no page here">
        <a class="button" href="/">
          To the checks
        </a>
      </Empty>
    </Page>
  );
}

showTheme();
followLinks();
render(
  <>
    <App />
    <Announcements />
  </>,
  document.getElementById("app")!,
);
