/** The setting that says where people reach this installation: the gateway's cookies and the links in messages rest on it. */
import { text, type Field } from "#kernel/settings";

export const publicUrlSetting: Field<string> = {
  ...text(
    "where people reach the dashboard, such as https://status.example.com; behind a proxy that ends TLS this makes cookies secure; messages link to it",
    "",
    "an http or https URL without a path, such as https://status.example.com",
  ),
  parse(value) {
    const origin = value.replace(/\/$/, "");
    return origin === "" || isOrigin(origin) ? origin : undefined;
  },
};

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.parse(text)?.origin === text;
}
