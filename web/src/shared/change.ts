/** A change shown at once, undone on refusal with the reason. */
import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";
import { asProblem, type Problem } from "@/api/problem";
import { useT } from "@/i18n";
import { refusal } from "./toast";

interface Change<V, R> {
  run: (vars: V) => Promise<R>;
  /** Shows the change in the cache; the answer takes it back. */
  show?: (vars: V) => (() => void) | undefined;
  /** Resources to read anew once the server answered, whatever the answer. */
  stale: readonly string[];
  /** Changes of one queue run one after another, in the order they were made. */
  queue?: string;
  done?: (result: R, vars: V) => void;
  /** True when the refusal was shown in place, so that no toast is needed. */
  refused?: (problem: Problem, vars: V) => boolean;
}

export function useChange<V = void, R = unknown>(change: Change<V, R>): UseMutationResult<R, Error, V> {
  const client = useQueryClient();
  const t = useT();
  return useMutation<R, Error, V, { undo: (() => void) | undefined }>({
    mutationFn: change.run,
    ...(change.queue ? { scope: { id: change.queue } } : {}),
    onMutate: async (vars) => {
      if (!change.show) return { undo: undefined };
      await Promise.all(change.stale.map((key) => client.cancelQueries({ queryKey: [key] })));
      return { undo: change.show(vars) };
    },
    onError: (error, vars, context) => {
      context?.undo?.();
      if (!change.refused?.(asProblem(error), vars)) refusal(error, t);
    },
    onSuccess: (result, vars) => change.done?.(result, vars),
    onSettled: () => {
      for (const key of change.stale) void client.invalidateQueries({ queryKey: [key] });
    },
  }) as UseMutationResult<R, Error, V>;
}

/** Fields changed, and what they held before, for the undo. */
export interface Edit<C> {
  changes: C;
  /** Missing in an undo, which itself is not undone. */
  before?: C;
}

/** An edit of a record that remembers what it replaces. */
export function editOf<C extends object>(record: object, changes: C): Edit<C> {
  const held = record as Record<string, unknown>;
  return { changes, before: Object.fromEntries(Object.keys(changes).map((key) => [key, held[key]])) as C };
}
