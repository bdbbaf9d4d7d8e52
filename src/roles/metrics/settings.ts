import { whole } from "#kernel/settings";

export const metricsSettings = {
  metricsPerCheckLimit: whole("how many checks get time series of their own in the Prometheus text, the oldest first", 1000, 0, 100_000),
};
