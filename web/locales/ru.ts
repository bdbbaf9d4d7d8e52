/** Russian, by the English text; each area has a file of its own. */
import type { Texts } from "../i18n.ts";
import { alerting } from "./ru_alerting.ts";
import { checkpage } from "./ru_checkpage.ts";
import { editforge } from "./ru_editforge.ts";
import { incidents } from "./ru_incidents.ts";
import { overview } from "./ru_overview.ts";
import { rest } from "./ru_rest.ts";
import { settings } from "./ru_settings.ts";
import { status } from "./ru_status.ts";

export const ru: Texts = { ...overview, ...checkpage, ...editforge, ...settings, ...status, ...incidents, ...alerting, ...rest };
