/** What stands where the content will be: skeletons, an empty state that teaches, an error with a way on. */
import {
  Alert,
  Box,
  Button,
  Code,
  Collapse,
  Group,
  Skeleton,
  Stack,
  Text,
  Title,
  UnstyledButton,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type Icon, IconAlertTriangle } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { asProblem, problemText } from "@/api/problem";
import { useT } from "@/i18n";
import classes from "./states.module.css";

/** True only after waiting a while, so that fast answers show no flicker. */
export function useLate(waiting: boolean, ms = 200): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!waiting) return setLate(false);
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [waiting, ms]);
  return waiting && late;
}

export function RowsSkeleton({ rows = 6, height = 44 }: { rows?: number; height?: number }) {
  const t = useT();
  const late = useLate(true);
  if (!late) return <Box h={rows * height} aria-busy="true" />;
  return (
    <Stack gap="xs" role="status" aria-label={t.common.loading}>
      {Array.from({ length: rows }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows have no identity
        <Skeleton key={i} height={height - 8} radius="md" />
      ))}
    </Stack>
  );
}

export function EmptyState({
  icon: Icon,
  title,
  children,
  action,
}: {
  icon: Icon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={classes.empty}>
      <span className={classes.emptyIcon}>
        <Icon size={24} stroke={1.5} aria-hidden />
      </span>
      <Title order={2} ta="center">
        {title}
      </Title>
      {children ? (
        <Text c="dimmed" ta="center" maw={440} component="div">
          {children}
        </Text>
      ) : null}
      {action ? (
        <Group gap="xs" justify="center" mt="xs">
          {action}
        </Group>
      ) : null}
    </div>
  );
}

export function ProblemAlert({
  error,
  retry,
  title,
}: {
  error: unknown;
  retry?: () => void;
  title?: string;
}) {
  const t = useT();
  const [open, { toggle }] = useDisclosure(false);
  const problem = asProblem(error);
  return (
    <Alert
      color="red"
      variant="outline"
      icon={<IconAlertTriangle size={20} aria-hidden />}
      title={title ?? t.problems.title}
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        <Text>{problemText(problem, t)}</Text>
        <Group gap="xs">
          {retry ? (
            <Button size="compact-md" variant="default" onClick={retry}>
              {t.common.retry}
            </Button>
          ) : null}
          {problem.requestId ? (
            <UnstyledButton onClick={toggle} aria-expanded={open} className={classes.detail}>
              {t.problems.details}
            </UnstyledButton>
          ) : null}
        </Group>
        {problem.requestId ? (
          <Collapse expanded={open}>
            <Text size="sm">
              {t.problems.requestId} <Code>{problem.requestId}</Code> · {problem.code} ({problem.status})
            </Text>
          </Collapse>
        ) : null}
      </Stack>
    </Alert>
  );
}

/** Shows a query's answer, or its waiting, or its error with a retry. */
export function Answer<T>({
  query,
  skeleton,
  children,
}: {
  query: Pick<UseQueryResult<T>, "data" | "error" | "isPending" | "refetch">;
  skeleton?: ReactNode;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <ProblemAlert error={query.error} retry={() => void query.refetch()} />;
  return <>{skeleton ?? <RowsSkeleton />}</>;
}
