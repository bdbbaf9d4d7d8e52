/** Reading from the server while a component is shown: the old data stays visible until the new is there. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { Problem } from "./api.ts";

export interface Loaded<T> {
  data: T | undefined;
  error: Problem | undefined;
  loading: boolean;
  reload: () => void;
  set: (next: T | ((before: T | undefined) => T | undefined)) => void;
}

/** Loads again whenever `key` changes; null loads nothing. */
export function useLoad<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string | null; data?: T; error?: Problem }>({ key });
  const [round, setRound] = useState(0);
  const [loading, setLoading] = useState(key !== null);
  useEffect(() => {
    if (key === null) return setLoading(false);
    const stop = new AbortController();
    setLoading(true);
    load(stop.signal)
      .then((data) => setState({ key, data }))
      .catch((error: unknown) => {
        if (!stop.signal.aborted) setState((before) => ({ ...before, key, error: problemFrom(error) }));
      })
      .finally(() => !stop.signal.aborted && setLoading(false));
    return () => stop.abort();
  }, [key, round]);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  const set = useCallback((next: T | ((before: T | undefined) => T | undefined)) => {
    setState((before) => {
      const data = typeof next === "function" ? (next as (data: T | undefined) => T | undefined)(before.data) : next;
      return data === undefined ? before : { ...before, data };
    });
  }, []);
  return { data: state.data, error: state.error, loading, reload, set };
}

/** Reads again now and then while somebody looks. */
export function useRefresh(reload: () => void, everyMs: number): void {
  useEffect(() => {
    const timer = setInterval(() => document.hidden || reload(), everyMs);
    return () => clearInterval(timer);
  }, [reload, everyMs]);
}

/** How often figures over hours and days are read again. */
export const figuresMs = 60_000;

export interface Doing {
  busy: boolean;
  problem: Problem | undefined;
  /** Runs one action at a time; its failure becomes `problem`, its success clears it. Tells whether it went well. */
  run: (action: () => Promise<unknown>) => Promise<boolean>;
  clear: () => void;
}

export function useDoing(): Doing {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const run = async (action: () => Promise<unknown>) => {
    if (busy) return false;
    setBusy(true);
    try {
      await action();
      setProblem(undefined);
      return true;
    } catch (error) {
      setProblem(problemFrom(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run, clear: () => setProblem(undefined) };
}

function problemFrom(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, "internal", error instanceof Error ? error.message : String(error));
}
