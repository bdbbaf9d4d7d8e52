/** The kinds of channels as forms need them: everything but the code. */
import { channelTypes } from "#ports/channels";
import { listingOf } from "./catalogue.ts";
import type { Field } from "./fields.ts";

export const shownProviders = channelTypes.map((type) => {
  const { title, group, docs, machine, fields } = listingOf(type);
  return { type, title, group, docs, machine, fields: Object.entries(fields).map(([name, field]) => shownField(name, field)) };
});

function shownField(name: string, { label, kind, required, secret, destination, right, example = "", help = "", more = false, choices = [], initial }: Field) {
  return { name, label, kind, required, secret, destination, right, example, help, more, choices: [...choices], initialJson: initial === undefined ? "" : JSON.stringify(initial) };
}
