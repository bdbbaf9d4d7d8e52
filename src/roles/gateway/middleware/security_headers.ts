/** Headers that every answer carries, and the content security policies. */
export const cspReportPath = "/csp-reports";

export const dashboardCsp =
  `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri ${cspReportPath}`;

const apiCsp = "default-src 'none'; frame-ancestors 'none'";

export interface SecurityHeaders {
  /** For answers of the API: also never kept by a cache. */
  api: Record<string, string>;
  /** For pages and their files. */
  page: Record<string, string>;
}

export function securityHeaders(publicUrl: string): SecurityHeaders {
  const all = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    ...(publicUrl.startsWith("https:") && { "strict-transport-security": "max-age=31536000" }),
  };
  return {
    api: { ...all, "content-security-policy": apiCsp, "cache-control": "no-store" },
    page: { ...all, ...reported(publicUrl) },
  };
}

/** The newer way of reporting works in secure contexts only, and a browser that knows it asks no longer for the older: it comes with https. */
function reported(publicUrl: string): Record<string, string> {
  if (!publicUrl.startsWith("https:")) return { "content-security-policy": dashboardCsp };
  return { "content-security-policy": `${dashboardCsp}; report-to csp`, "reporting-endpoints": `csp="${cspReportPath}"` };
}
