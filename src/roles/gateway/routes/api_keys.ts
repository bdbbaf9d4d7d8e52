import { AppError } from "#kernel/errors";
import { z } from "zod";
import { route } from "../route.ts";
import { scopes, within } from "../scopes.ts";
import { apiKeyShape, apiKeyView, newApiKeyShape, roleName } from "../views/auth.ts";
import { listOf } from "../views/shared.ts";

export const apiKeyRoutes = [
  route({
    method: "POST",
    path: "/auth/api-keys",
    access: { role: "viewer", scope: "api_keys:write" },
    summary: "Create an API key; its secret is in this answer only",
    body: z.strictObject({
      name: z.string().min(1).max(200),
      role: roleName.optional(),
      scopes: z.array(z.enum(scopes)).max(scopes.length).default([]),
      expiresAt: z.iso.datetime({ offset: true }).nullish(),
    }),
    response: newApiKeyShape,
    status: 201,
    audit: "api_key.create",
    recordedByAuth: true,
    handle: async ({ body: { name, role = "", scopes: wanted, expiresAt }, identity, call }, { auth }) => {
      // Or a narrow key would make itself a wide one.
      if (!within(identity!.scopes, wanted)) {
        throw new AppError("forbidden", `an API key cannot make one that may do more: yours has the scopes ${identity!.scopes.join(", ")}`);
      }
      const { apiKey, key } = await auth.createAPIKey({ name, role, scopes: wanted, expiresAtMs: expiresAt ? Date.parse(expiresAt) : 0 }, call);
      return { ...apiKeyView(apiKey), key };
    },
  }),
  route({
    method: "GET",
    path: "/auth/api-keys",
    access: { role: "viewer", scope: "api_keys:read" },
    summary: "One's own API keys, or for admins all of the tenant, without their secrets",
    response: listOf(apiKeyShape),
    handle: async ({ call }, { auth }) => ({ items: (await auth.listAPIKeys({}, call)).items.map(apiKeyView) }),
  }),
  route({
    method: "DELETE",
    path: "/auth/api-keys/{id}",
    access: { role: "viewer", scope: "api_keys:write" },
    summary: "Revoke an API key",
    response: undefined,
    audit: "api_key.revoke",
    recordedByAuth: true,
    handle: async ({ params, call }, { auth }) => void (await auth.revokeAPIKey({ id: params["id"]! }, call)),
  }),
];
