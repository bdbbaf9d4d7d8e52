/** The part of an http module that says how its client asks: credentials, proxy, redirects. */
import { z } from "zod";
import { fileIn, flag, present, text, unsupported } from "./fields.ts";

const withRef = unsupported("there is no store of secrets to refer to");

export function clientFields(folder: string) {
  const file = fileIn(folder);
  const basic = z.strictObject({ username: text.optional(), username_file: file.optional(), username_ref: withRef, password: text.optional(), password_file: file.optional(), password_ref: withRef });
  const authorization = z.strictObject({ type: text.optional(), credentials: text.optional(), credentials_file: file.optional(), credentials_ref: withRef });
  const onlyGrant = z.record(z.string(), text).refine((params) => Object.entries(params).every(([name, value]) => name === "grant_type" && value === "client_credentials"), "may hold nothing but grant_type: client_credentials");
  const oauth2 = z.strictObject({
    client_id: text,
    client_secret: text.optional(),
    client_secret_file: file.optional(),
    client_secret_ref: withRef,
    scopes: z.array(text).optional(),
    token_url: text,
    endpoint_params: onlyGrant.optional(),
    tls_config: unsupported("the token is asked for with the module's own tls_config"),
    proxy_url: unsupported("the token is asked for through the module's own proxy_url"),
  });
  const header = z.strictObject({ values: z.array(text).default([]), secrets: z.array(text).default([]), files: z.array(file).default([]) });
  return {
    basic_auth: basic.optional(),
    authorization: authorization.optional(),
    bearer_token: text.optional(),
    bearer_token_file: file.optional(),
    oauth2: oauth2.optional(),
    http_headers: z.record(z.string(), header.transform(({ values, secrets, files }) => [...values, ...secrets, ...files].join(", "))).optional(),
    proxy_url: text.optional(),
    no_proxy: unsupported("proxy_url is used for every target of the module"),
    proxy_from_environment: unsupported("the environment of the server says nothing about its checks: use proxy_url"),
    proxy_connect_header: unsupported("put the proxy's user and password into proxy_url"),
    follow_redirects: flag.optional(),
    enable_http2: flag.optional(),
  };
}

type Client = z.infer<z.ZodObject<ReturnType<typeof clientFields>>>;

export function hasOneAuth(client: Client): boolean {
  return [client.basic_auth, client.authorization, client.bearer_token ?? client.bearer_token_file, client.oauth2].filter((one) => one !== undefined).length <= 1;
}

/** `auth` of a check, or nothing. */
export function authOf(client: Client): Record<string, unknown> | undefined {
  const { basic_auth: basic, authorization, oauth2 } = client;
  if (basic) return { type: "basic", username: basic.username ?? basic.username_file ?? "", password: basic.password ?? basic.password_file ?? "" };
  if (oauth2) {
    const secret = oauth2.client_secret ?? oauth2.client_secret_file ?? "";
    return present({ type: "oauth2", tokenUrl: oauth2.token_url, clientId: oauth2.client_id, clientSecret: secret, scopes: oauth2.scopes });
  }
  const token = client.bearer_token ?? client.bearer_token_file ?? (isBearer(authorization) ? (authorization?.credentials ?? authorization?.credentials_file) : undefined);
  return token === undefined ? undefined : { type: "bearer", token };
}

function isBearer(authorization: Client["authorization"]): boolean {
  return (authorization?.type ?? "Bearer").toLowerCase() === "bearer";
}

/** A scheme of its own travels as a header. */
export function authorizationHeader({ authorization }: Client): Record<string, string> {
  if (!authorization || isBearer(authorization)) return {};
  return { Authorization: `${authorization.type} ${authorization.credentials ?? authorization.credentials_file ?? ""}`.trim() };
}

/** User and password of a proxy stand in its URL there, and beside it here. */
export function proxyOf({ proxy_url: given }: Client): Record<string, unknown> | undefined {
  if (given === undefined || given === "") return undefined;
  const url = URL.parse(given);
  if (!url) return { url: given };
  const { username, password } = url;
  url.username = url.password = "";
  return present({ url: url.href, username: username === "" ? undefined : decodeURIComponent(username), password: password === "" ? undefined : decodeURIComponent(password) });
}
