/** Methods that are given longer than others when their caller sets no limit: `package.Service/Method` → milliseconds. */
export const longCalls: ReadonlyMap<string, number> = new Map([
  // A check may take a minute, with its attempts.
  ["uptimeping.core.v1.CoreService/ExecuteCheck", 60_000],
  ["uptimeping.core.v1.CoreService/ReflectDescriptors", 60_000],
  // Years of results.
  ["uptimeping.core.v1.CoreService/GetRollups", 30_000],
  ["uptimeping.core.v1.CoreService/CountRuns", 30_000],
  ["uptimeping.core.v1.CoreService/CountIntervals", 30_000],
  ["uptimeping.metrics.v1.MetricsService/GetExposition", 30_000],
  ["uptimeping.metrics.v1.MetricsService/ListUptimes", 30_000],
  ["uptimeping.auth.v1.AuthService/VerifyAudit", 60_000],
  // A receiver somewhere on the internet answers, or does not.
  ["uptimeping.notification.v1.NotificationService/TestChannel", 60_000],
  // A compiler at work.
  ["uptimeping.forge.v1.ForgeService/ParseProto", 60_000],
  ["uptimeping.forge.v1.ForgeService/ImportDescriptors", 60_000],
  ["uptimeping.forge.v1.ForgeService/ValidateProto", 60_000],
  ["uptimeping.forge.v1.ForgeService/GenerateConfig", 60_000],
  ["uptimeping.forge.v1.ForgeService/GenerateCode", 60_000],
]);
