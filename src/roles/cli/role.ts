/**
 * The command line is a client: it runs in its own process and asks the gateway like any other. Its row in the table of
 * roles says that it exists; in a server process it has nothing to do.
 */
import { defineRole } from "#ports/index";
import { cliSettings } from "./settings.ts";

export default defineRole({
  name: "cli",
  needs: {},
  uses: [],
  listens: [],
  settings: cliSettings,
  start: async () => ({}),
});
