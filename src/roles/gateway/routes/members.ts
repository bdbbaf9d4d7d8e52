/** Who belongs to the tenant, and the tenants of the caller. */
import { z } from "zod";
import { route } from "../route.ts";
import { memberShape, memberView, roleName, tenantShape, tenantView } from "../views/auth.ts";
import { listOf } from "../views/shared.ts";

export const memberRoutes = [
  route({
    method: "GET",
    path: "/members",
    access: { role: "viewer", scope: "members:read" },
    summary: "Members of the tenant",
    response: listOf(memberShape),
    handle: async ({ call }, { auth }) => ({ items: (await auth.listMembers({}, call)).items.map(memberView) }),
  }),
  route({
    method: "POST",
    path: "/members",
    access: { role: "admin", scope: "members:write" },
    summary: "Add a user to the tenant; a new one needs a first password",
    body: z.strictObject({
      email: z.string().min(1).max(320),
      name: z.string().max(200).default(""),
      role: roleName,
      password: z.string().max(1_000).default(""),
    }),
    response: memberShape,
    status: 201,
    audit: "member.add",
    recordedByAuth: true,
    handle: async ({ body, call }, { auth }) => memberView(await auth.addMember(body, call)),
  }),
  route({
    method: "PATCH",
    path: "/members/{userId}",
    access: { role: "admin", scope: "members:write" },
    summary: "Change the role of a member",
    body: z.strictObject({ role: roleName }),
    response: memberShape,
    audit: "member.update",
    recordedByAuth: true,
    handle: async ({ params, body, call }, { auth }) => memberView(await auth.updateMember({ userId: params["userId"]!, role: body.role }, call)),
  }),
  route({
    method: "DELETE",
    path: "/members/{userId}",
    access: { role: "admin", scope: "members:write" },
    summary: "Take a user out of the tenant",
    response: undefined,
    audit: "member.remove",
    recordedByAuth: true,
    handle: async ({ params, call }, { auth }) => void (await auth.removeMember({ userId: params["userId"]! }, call)),
  }),
  route({
    method: "GET",
    path: "/tenants",
    access: { role: "viewer", scope: "tenants:read" },
    summary: "Tenants the caller belongs to",
    response: listOf(tenantShape),
    handle: async ({ call }, { auth }) => ({ items: (await auth.listTenants({}, call)).items.map(tenantView) }),
  }),
  route({
    method: "POST",
    path: "/tenants",
    access: { role: "owner", scope: "tenants:write" },
    summary: "Create a tenant, owned by the caller",
    body: z.strictObject({ name: z.string().min(1).max(200) }),
    response: tenantShape,
    status: 201,
    audit: "tenant.create",
    recordedByAuth: true,
    handle: async ({ body, call }, { auth }) => tenantView(await auth.createTenant(body, call)),
  }),
];
