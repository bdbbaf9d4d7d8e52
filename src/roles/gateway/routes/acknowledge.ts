/** Where the link in a message leads: to a page with one button. Whoever can read the channel may press it; no sign-in. */
import { z } from "zod";
import { acknowledgedPage, linkPage, refusedPage } from "../acknowledge_page.ts";
import { rawAnswer } from "../answer.ts";
import { route } from "../route.ts";

const html = z.string().meta({ contentType: "text/html" });

export const acknowledgeRoutes = [
  route({
    method: "GET",
    path: "/ack/{token}",
    atRoot: true,
    access: "public",
    summary: "What the link in a message is about, as a page with a button. Changes nothing: programs that look into messages follow links",
    response: html,
    guess: true,
    refusalPage: refusedPage,
    handle: async ({ params, http, call }, { notification }) => rawAnswer(linkPage(http, await notification.readAcknowledgeLink({ token: params["token"]! }, call))),
  }),
  route({
    method: "POST",
    path: "/ack/{token}",
    atRoot: true,
    access: "public",
    summary: "Acknowledge the incident that the link in a message is about",
    response: html,
    guess: true,
    refusalPage: refusedPage,
    handle: async ({ params, http, call }, { notification }) => {
      const link = { token: params["token"]! };
      const before = await notification.readAcknowledgeLink(link, call);
      if (before.state !== "open") return rawAnswer(linkPage(http, before));
      return rawAnswer(acknowledgedPage(http, await notification.acknowledgeByLink(link, call)));
    },
  }),
];
