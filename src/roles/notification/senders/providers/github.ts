import { bearer, below, path } from "../address.ts";
import { apiUrl, list, optional, secret, template, text } from "../fields.ts";
import { opensIssue, provider } from "../provider.ts";

const label = text("Label", "a label of at most 50 characters", { max: 50 });
const part = { max: 100, pattern: /^[A-Za-z0-9_.-]+$/ };

/** Opens an issue when an incident opens, and leaves closing it to people: its number is not known to a later message. */
export const github = provider({
  title: "GitHub issue",
  group: "issue tracker",
  docs: "https://docs.github.com/en/rest/issues/issues#create-an-issue",
  machine: true,
  fields: {
    owner: text("Owner", "the name of a user or an organization", { ...part, example: "octocat" }),
    repository: text("Repository", "the name of a repository", { ...part, example: "infrastructure" }),
    token: secret("Token", "a token that may write issues"),
    labels: optional(list("Labels", "a list of 1 to 50 labels", label, { more: true, example: "incident" })),
    apiUrl: apiUrl("https://api.github.com"),
    template,
  },
  escape: "markdown",
  text: "body",
  longest: { title: 256, text: 60_000 },
  request: (told, { owner, repository, token, labels, apiUrl: base = "https://api.github.com" }) =>
    opensIssue(told)
      ? {
          url: below(base, path`/repos/${owner}/${repository}/issues`),
          headers: { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28", ...bearer(token) },
          json: { title: told.title, body: told.text, labels },
        }
      : { nothing: "an issue is opened once, when an incident opens" },
  // The secondary limits answer 403, with Retry-After.
  reads: ({ status, body }) => (status === 403 && /rate limit/i.test(body) ? { afterSeconds: undefined } : undefined),
});
