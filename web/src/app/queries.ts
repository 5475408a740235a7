/** The query client: what is asked again, and what a lost session or workspace does. */
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { asProblem, isTransient } from "@/api/problem";
import { sessionQuery } from "./session";

const STOPPED = ["no_tenant", "second_factor_required", "address_not_allowed"];

export function makeQueryClient(): QueryClient {
  const lost = (error: unknown) => {
    const { code } = asProblem(error);
    if (code === "unauthenticated") client.setQueryData(sessionQuery.queryKey, null);
    // Removed from the workspace, or stopped by its security policy: the session tells where one is now.
    if (STOPPED.includes(code)) void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (query.queryKey[0] !== keys.session) lost(error);
      },
    }),
    mutationCache: new MutationCache({ onError: lost }),
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        gcTime: 10 * 60_000,
        retry: (count, error) => count < 2 && isTransient(asProblem(error)),
        retryDelay: (count) => 500 * 2 ** count,
      },
      mutations: { networkMode: "always" },
    },
  });
  return client;
}
