import { below, path } from "../address.ts";
import { list, optional, secret, template, text, url, withInitial } from "../fields.ts";
import { opensIssue, provider } from "../provider.ts";

const label = text("Label", "a label without a comma, of at most 255 characters", { max: 255, pattern: /^[^,]+$/ });

/** Opens an issue when an incident opens, and leaves closing it to people: its number is not known to a later message. */
export const gitlab = provider({
  title: "GitLab issue",
  group: "issue tracker",
  docs: "https://docs.gitlab.com/api/issues/#create-an-issue",
  machine: true,
  fields: {
    url: withInitial(url("Server", "the http or https URL of a GitLab", { example: "https://gitlab.com" }), "https://gitlab.com"),
    project: text("Project", "a project's number, or its path such as group/project", { max: 255, pattern: /^[A-Za-z0-9_][A-Za-z0-9_./-]*$/, example: "group/project" }),
    token: secret("Token", "an access token with the scope api"),
    labels: optional(list("Labels", "a list of 1 to 50 labels", label, { more: true, example: "incident" })),
    template,
  },
  escape: "markdown",
  text: "body",
  longest: { title: 255, text: 60_000 },
  request: (told, { url: server, project, token, labels }) =>
    opensIssue(told)
      ? {
          url: below(server, path`/api/v4/projects/${project}/issues`),
          headers: { "private-token": token },
          json: { title: told.title, description: told.text, labels: labels?.join(",") },
        }
      : { nothing: "an issue is opened once, when an incident opens" },
});
