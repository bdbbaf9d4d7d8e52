/**
 * Named reasons as sentences. The names come from the decisions of the incident role and from the ledger of messages; the one
 * that is not here yet is shown as its words, which is better than nothing and never wrong.
 */
import { words } from "./format.ts";
import { t } from "./i18n.ts";

/** What stands in the timeline of an incident. */
const entries: Record<string, string> = {
  opened: t("Incident opened"),
  reopened: t("Incident opened again"),
  acknowledged: t("Acknowledged // an incident"),
  resolved: t("Resolved // an incident"),
  commented: t("Comment"),
  cause_added: t("Another error"),
  severity_raised: t("More severe"),
  suppressed: t("Kept quiet"),
  unsuppressed: t("No longer kept quiet"),
  flapping: t("Flapping"),
  flapping_ended: t("Flapping ended"),
  recovery_pending: t("Recovery waits"),
  solid_outage: t("Down for certain"),
  location_down: t("Down from one more location"),
  location_recovered: t("Up again from one location"),
  maintenance: t("Maintenance"),
  corrected: t("Uptime corrected"),
};

const decisions: Record<string, string> = {
  already_seen: t("This run was decided on before."),
  healthy: t("The check is well."),
  not_observed: t("The run could not observe anything, so it is no evidence."),
  in_maintenance: t("Failing runs in a maintenance window do not count."),
  own_connectivity_lost: t("Our own network was gone, which explains the failure."),
  below_failure_threshold: t("It failed, but not often enough in a row to be called down."),
  below_quorum: t("It fails at too few locations to be called down."),
  recovered_before_threshold: t("It was up again before it had failed often enough."),
  failure_threshold_reached: t("It failed as often in a row as its threshold asks for."),
  failed_again_within_reopen_window: t("It failed again in the same way soon after it was resolved, so this is the same outage."),
  held_after_manual_resolve: t("A person resolved it a short while ago, so it is not told again yet."),
  still_failing_after_manual_resolve: t("A person resolved it, yet the check went on failing."),
  held_for_mass_failure: t("Many checks fell at once; it is being looked into whether our own network is gone."),
  waiting_for_parent: t("A check that this one depends on is suspected; its verdict comes first."),
  waiting_for_locations: t("This is the first run heard of, and it runs at other locations as well; they are heard first."),
  mass_failure_released: t("Many checks fell at once, and our own network is well: the outage is real."),
  flapping_started: t("Its state changes too often; it is told once, not each time."),
  flapping_ended: t("Its runs agree with each other again."),
  solid_outage_while_flapping: t("It failed five times in a row, so this is more than flapping."),
  known_error: t("It failed again with an error that is known."),
  new_error: t("It fails with an error that this incident did not have before."),
  parent_is_down: t("A check that this one depends on is down; nobody is told about the consequence."),
  parent_recovered: t("The check that it depends on is back, yet this one goes on failing."),
  check_went_down: t("It was degraded and is down now."),
  below_recovery_threshold: t("It is up, but not often enough in a row to be believed."),
  down_elsewhere: t("It is up here, but still down from other locations."),
  recovered_but_flapping: t("It is up; the incident ends once the check no longer flaps."),
  location_down: t("One more location sees it down."),
  location_recovered: t("One location sees it up again."),
  recovered: t("It was up as often in a row as its recovery threshold asks for."),
  by_person: t("A person decided this."),
  check_deleted: t("The check was deleted."),
  check_paused: t("The check was paused."),
};

const messages: Record<string, string> = {
  queued: t("It is about to be sent."),
  retrying: t("The last attempt failed; it is tried again."),
  retry_requested: t("A person asked for it to be sent again."),
  held_for_an_earlier_event: t("A message that comes before it is on its way, and the order is kept."),
  delivered: t("The receiver took it."),
  gave_up: t("It was tried for as long as the schedule allows."),
  refused_by_receiver: t("The receiver refused it for good."),
  receiver_gone: t("The receiver says that it is gone for good, so its channel was turned off."),
  refused_by_egress: t("The address may not be reached from here; the operator's egress settings decide."),
  bad_template: t("The template of the channel cannot be rendered."),
  channel_disabled: t("The channel is turned off."),
  channel_deleted: t("The channel was deleted."),
  no_channel: t("There is no channel that is turned on."),
  suppressed_by_dependency: t("A check that this one depends on was down already, and that was told."),
  muted_by_silence: t("A silence covers it."),
  silence_ended: t("The silence has ended, and it goes on."),
  reminder: t("It goes on, and nobody has acknowledged it."),
  held_for_its_group: t("It waits for others of its group, so that they go as one message."),
  held_by_rate_limit: t("The channel is at its limit; what waits goes as one message."),
  grouped: t("It goes in one message with others."),
  behind_an_earlier_message: t("A message about the same incident that comes before it has not ended yet."),
  overtaken: t("A later message about the incident went out before it came, so it would have told what is no longer so."),
  attempting: t("It is being sent."),
  interrupted: t("The process ended while it was being sent; it is sent again."),
  unsubscribed: t("The subscriber has left."),
  delivered_in_a_group: t("The receiver took the message that carries it."),
};

/** Types of events, the usual ones first. */
export const eventNames: Record<string, string> = {
  "incident.opened": t("Incident opened"),
  "incident.reopened": t("Incident opened again"),
  "incident.acknowledged": t("Incident acknowledged"),
  "incident.resolved": t("Incident resolved"),
  "incident.severity_raised": t("Incident more severe"),
  "incident.flapping": t("Check flaps"),
  "incident.reminder": t("Reminder"),
  "incident.escalated": t("Escalation"),
  "incidents.grouped": t("Several incidents"),
  digest: t("Digest"),
  message: t("Message"),
  test: t("Test"),
};

export const entryName = (type: string) => entries[type] ?? capital(words(type));
export const eventName = (type: string) => eventNames[type] ?? capital(words(type));
export const whyDecided = (reason: string) => decisions[reason] ?? sentence(reason);
export const whyOfMessage = (reason: string) => messages[reason] ?? decisions[reason] ?? stepOf(reason) ?? sentence(reason);

const chosenBecause: Record<string, string> = {
  "it was told of the incident before": t("It was told of the incident before."),
  "no route matches: every enabled channel": t("No route fits: every enabled channel."),
  "named by the check": t("The check names it."),
};

/** Why a channel was chosen or passed over: what the server adds to the reason, in its own words. */
export function whyChosen(because: string): string {
  const route = /^route "(.*)"$/.exec(because)?.[1];
  if (route !== undefined) return t("Route “{name}”.", { name: route });
  const empty = /^route "(.*)" names no channel$/.exec(because)?.[1];
  if (empty !== undefined) return t("Route “{name}” names no channel.", { name: empty });
  const [, standsFor, answer = ""] = /^stands in for "(.*)": (.*)$/s.exec(because) ?? [];
  if (standsFor !== undefined) return t("It stands in for “{channel}”: {answer}", { channel: standsFor, answer });
  const silence = /^sil_\w+: (.*)$/s.exec(because)?.[1];
  if (silence !== undefined) return t("Silence: “{comment}”.", { comment: silence });
  const gone = /^(?:(.*), )?but it is disabled or gone$/s.exec(because);
  if (gone) return [gone[1] && whyChosen(gone[1]), t("It is turned off or deleted.")].filter(Boolean).join(" ");
  const known = chosenBecause[because];
  if (known) return known;
  return /^[a-z_0-9]+$/.test(because) ? whyOfMessage(because) : because;
}

/** The steps of an escalation are counted. */
function stepOf(reason: string): string | undefined {
  const step = /^escalation_step_(\d+)$/.exec(reason)?.[1];
  return step && t("Nobody has acknowledged it: step {step} of its escalation.", { step });
}

function sentence(reason: string): string {
  return reason && `${capital(words(reason))}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
