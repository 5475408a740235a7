/** Lists that load more by themselves as the reader nears their end. */
import { Button, Center, Loader } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { infiniteQueryOptions, type QueryKey, type UseInfiniteQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import { useT } from "@/i18n";

export interface ListPage<T> {
  items: T[];
  next_cursor?: string | null;
}

/** An infinite query over cursor pages. */
export function pagesOf<T>(
  queryKey: QueryKey,
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<ListPage<T>>,
) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}

/** The end of a list: asks for the next page when it comes into view. */
export function MoreRows({
  query,
}: {
  query: Pick<
    UseInfiniteQueryResult,
    "hasNextPage" | "isFetchingNextPage" | "fetchNextPage" | "isFetchNextPageError"
  >;
}) {
  const t = useT();
  const { ref, entry } = useIntersection({ rootMargin: "600px" });
  const near = entry?.isIntersecting ?? false;
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  useEffect(() => {
    if (near && hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
  }, [near, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  if (!hasNextPage) return null;
  return (
    <Center ref={ref} py="md">
      {isFetchingNextPage ? (
        <Loader size="sm" aria-label={t.common.loading} />
      ) : (
        <Button variant="subtle" onClick={() => void fetchNextPage()}>
          {t.common.more}
        </Button>
      )}
    </Center>
  );
}
