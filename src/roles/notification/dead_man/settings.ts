import { duration, Secret, type Field } from "#kernel/settings";

/** A secret, because who knows such an address can pretend that all is well. */
const url: Field<Secret> = {
  default: "",
  help: "an outside service, such as a heartbeat of another UptimePing, that is pinged (GET) for as long as a check of its own walks through everything, from the queue to a sent message",
  allowed: "an http or https URL",
  secret: true,
  parse: (value) => (value === "" || /^https?:$/.test(URL.parse(value)?.protocol ?? "") ? new Secret(value) : undefined),
};

export const deadManSettings = {
  deadManUrl: url,
  deadManInterval: duration("how often that walk sets out; the outside service should wait for at least twice as long before it raises the alarm", "60s", 1_000, 3_600_000),
};
