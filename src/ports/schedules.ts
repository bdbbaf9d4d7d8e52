/** When checks run. One schedule a check. */
export interface StoredSchedule {
  tenantId: string;
  checkId: string;
  /** 0 when `cron` says when. */
  everyMs: number;
  cron: string;
  timezone: string;
  /** A removed schedule stays as a row, so that the default is not made for its check again. */
  removed: boolean;
  createdAtMs: number;
  /** Slots before this were not due: the schedule was made, changed or resumed then. */
  activeSinceMs: number;
  /** The newest slot that was handed to the queue. */
  toldMs: number;
}

export interface ScheduleStore {
  /** Refused with `failed_precondition` when `epoch` is not the scheduler's current one. */
  save(schedule: StoredSchedule, epoch: number): Promise<void>;
  /** The check itself is gone. */
  erase(checkId: string): Promise<void>;
  find(tenantId: string, checkId: string): Promise<StoredSchedule | undefined>;
  list(tenantId: string, limit: number, cursor: string): Promise<StoredSchedule[]>;
  all(): Promise<StoredSchedule[]>;
  /**
   * Moves `toldMs` of many schedules; one that is already further stays. Written every few seconds, so it lags behind
   * after a crash: a slot told twice is recognised by core.
   */
  markTold(marks: { checkId: string; toldMs: number }[], epoch: number): Promise<void>;
}
