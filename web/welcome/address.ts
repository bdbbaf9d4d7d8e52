/** What somebody pastes as an address, as a URL; undefined when it is none. Without a scheme it is https, but http on this machine and on bare addresses. */
export function urlOf(typed: string): URL | undefined {
  const text = typed.trim();
  // Some browsers take blanks in the name of a host.
  if (text === "" || /\s/.test(text)) return undefined;
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const isNear = /^(localhost|\d{1,3}(\.\d{1,3}){3}|\[[\da-f:]+\])(:|\/|$)/i.test(text);
  const url = URL.parse(hasScheme ? text : `${isNear ? "http" : "https"}://${text}`);
  return url && /^https?:$/.test(url.protocol) && url.hostname !== "" ? url : undefined;
}

/** What is sent for it: a page that answers with a status of 200 to 299, every minute. */
export function firstCheck(url: URL) {
  return { name: url.host + (url.pathname === "/" ? "" : url.pathname), type: "http", target: { url: url.href }, assertions: [{ source: "status", op: "in", value: "200-299" }], schedule: { every: "60s" } };
}
