import { duration, whole } from "#kernel/settings";

export const forgeSettings = {
  forgeTimeout: duration("longest time for processing one upload of .proto files, after which its child process is killed", "3s", 500, 60_000),
  forgeMemoryMb: whole("most memory, in MB, for processing one upload of .proto files, above which its child process is killed", 300, 150, 4_096),
  forgeJobs: whole("uploads of .proto files processed at the same time, over all tenants", 2, 1, 64),
  forgeSets: whole("proto sets that a tenant may keep", 500, 1, 100_000),
};
