import { whole } from "#kernel/settings";

export const configSettings = {
  maxChecksPerTenant: whole("how many checks one tenant may have", 200_000, 1, 10_000_000),
};
