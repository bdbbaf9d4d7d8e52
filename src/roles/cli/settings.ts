import type { Fields } from "#kernel/settings";

/** The command line is set up by profiles and flags on the user's side, so the server has nothing to set. */
export const cliSettings = {} satisfies Fields;
