/**
 * A browser sends the dashboard's cookies whoever asks it to, so a write that relies on them must come from our own pages.
 * Browsers say so in `Sec-Fetch-Site` and `Origin`, which no page can forge.
 */
import { AppError } from "#kernel/errors";

/** `required`: a request that names no origin at all is refused too. */
export function refuseOtherOrigins(request: Request, publicUrl: string, required: boolean): void {
  const site = request.headers.get("sec-fetch-site");
  const origin = request.headers.get("origin");
  if (site !== null && site !== "same-origin" && site !== "none") throw refused(origin ?? site);
  if (origin !== null) {
    if (!isOurs(origin, request, publicUrl)) throw refused(origin);
  } else if (required && site !== "same-origin") {
    throw new AppError("forbidden", "a change with the dashboard's cookies needs an Origin header: use an access token or an API key instead");
  }
}

function isOurs(origin: string, request: Request, publicUrl: string): boolean {
  if (publicUrl !== "" && origin === publicUrl) return true;
  // The host of the request is what the browser connected to; behind a proxy that ends TLS only the scheme differs.
  return URL.parse(origin)?.host === request.headers.get("host");
}

function refused(from: string): AppError {
  return new AppError("forbidden", `this change came from another origin, ${JSON.stringify(from.slice(0, 200))}: only the dashboard's own pages may use its cookies`);
}
