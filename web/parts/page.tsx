/** The frame of a page: its heading takes the focus when one arrives by a link, so that a screen reader says where one is. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Problem } from "../api.ts";
import { t } from "../i18n.ts";
import type { FieldError } from "../types.ts";
import { Icon } from "./icon.tsx";

interface PageProps {
  title: string;
  /** Beside the heading, such as a state. */
  beside?: ComponentChildren;
  actions?: ComponentChildren;
  back?: { to: string; label: string };
  children: ComponentChildren;
}

let firstPage = true;

export function Page({ title, beside, actions, back, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · UptimePing`;
  }, [title]);
  useEffect(() => {
    if (!firstPage) heading.current?.focus({ preventScroll: true });
    firstPage = false;
  }, []);
  return (
    <main id="main" class="page">
      {back && (
        <nav aria-label={t("Breadcrumb")} class="crumbs">
          <a href={back.to}>{back.label}</a>
        </nav>
      )}
      <div class="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {beside}
        <div class="actions">{actions}</div>
      </div>
      {children}
    </main>
  );
}

/** What went wrong with a request; says nothing when all is well. Also lists complaints that belong to no field. */
export function Trouble({ problem, rest = [], retry }: { problem: Problem | undefined; rest?: readonly FieldError[]; retry?: () => void }) {
  return (
    <div role="alert">
      {problem && (
        <div class="notice bad">
          <Icon name="down" />
          <div>
            <p>{problem.fields.length > 0 && rest.length === 0 ? t("Please look at the fields that are marked.") : problem.message}</p>
            {rest.length > 0 && (
              <ul>
                <Unplaced errors={rest} />
              </ul>
            )}
            <RequestId problem={problem} />
          </div>
          {retry && (
            <button type="button" onClick={retry}>
              {t("Try again")}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

/** As items of a list: complaints about something no field stands for. */
export function Unplaced({ errors }: { errors: readonly FieldError[] }) {
  return (
    <>
      {errors.map((error) => (
        <li key={error.pointer + error.message}>
          {error.pointer && <code>{error.pointer}</code>} {error.message}
        </li>
      ))}
    </>
  );
}

/** By which a fault of the server is found in its log. */
export function RequestId({ problem: { requestId, status } }: { problem: Problem }) {
  if (!requestId || status < 500) return null;
  return <p class="quiet">{t("Request {id}", { id: requestId })}</p>;
}

export function Loading({ what }: { what: string }) {
  return (
    <p class="loading" role="status">
      {t("Loading {what}…", { what })}
    </p>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** There is something, but the filter hides all of it. */
export function NothingFits({ title, onClear }: { title: string; onClear: () => void }) {
  return (
    <Empty title={title}>
      <button type="button" onClick={onClear}>
        {t("Show all")}
      </button>
    </Empty>
  );
}

interface CardProps {
  title: string;
  aside?: ComponentChildren;
  /** A class of its own, for a layout that gives it a place. */
  place?: string;
  children: ComponentChildren;
}

export function Card({ title, aside, place, children }: CardProps) {
  return (
    <section class={place ? `card ${place}` : "card"} aria-label={title}>
      <div class="card-head">
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}
