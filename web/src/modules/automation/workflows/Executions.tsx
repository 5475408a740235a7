/** What a workflow did: each run with its steps. */
import { Badge, Button, Collapse, Group, Select, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Workflow, WorkflowExecution } from "@/api/types";
import { useMay } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { Section } from "@/shared/Page";
import { MoreRows, pagesOf } from "@/shared/pages";
import { Answer, EmptyState } from "@/shared/states";
import { notice } from "@/shared/toast";
import { Said } from "./Said";
import { triggerText } from "./words";
import classes from "./workflows.module.css";

const STATUSES = ["pending", "waiting", "succeeded", "failed", "skipped", "cancelled", "refused"] as const;
type Status = (typeof STATUSES)[number];
const COLORS: Record<string, string> = {
  pending: "yellow",
  waiting: "yellow",
  retrying: "yellow",
  succeeded: "green",
  failed: "red",
  refused: "red",
  skipped: "gray",
  cancelled: "gray",
};

export function Executions({ workflow }: { workflow: Workflow }) {
  const t = useT();
  const [status, setStatus] = useState<Status | undefined>();
  const query = useInfiniteQuery({
    ...pagesOf([keys.workflowExecutions, workflow.id, status], (cursor, signal) =>
      take(
        api.GET("/api/v1/workflows/{id}/executions", {
          params: { path: { id: workflow.id }, query: { status, cursor, limit: 30 } },
          signal,
        }),
      ),
    ),
    // Steps are no events of the workspace, so the stream does not tell of them.
    refetchInterval: 5_000,
  });
  return (
    <Section description={t.workflows.historyText}>
      <Stack>
        <Select
          label={t.workflows.filter}
          w={200}
          allowDeselect={false}
          value={status ?? ""}
          data={[
            { value: "", label: t.workflows.anyStatus },
            ...STATUSES.map((value) => ({ value, label: t.workflows.statuses[value] })),
          ]}
          onChange={(value) => setStatus((value || undefined) as Status | undefined)}
        />
        <Answer query={query}>
          {(executions) =>
            executions.length === 0 ? (
              <EmptyState icon={IconHistory} title={t.workflows.historyNoneTitle}>
                {t.workflows.historyNoneText}
              </EmptyState>
            ) : (
              <ul className={classes.list}>
                {executions.map((execution) => (
                  <Row key={execution.id} execution={execution} />
                ))}
                <MoreRows query={query} />
              </ul>
            )
          }
        </Answer>
      </Stack>
    </Section>
  );
}

function Row({ execution }: { execution: WorkflowExecution }) {
  const t = useT();
  const may = useMay();
  const [open, { toggle }] = useDisclosure(false);
  const isOpen = execution.status === "pending" || execution.status === "waiting";
  const params = { path: { id: execution.id } };
  const stale = [keys.workflowExecutions, keys.workflows];
  const cancel = useChange<void>({
    run: () => take(api.POST("/api/v1/workflow-executions/{id}/cancellations", { params })),
    stale,
    done: () => notice(t.workflows.cancelled),
  });
  const again = useChange<void>({
    run: () => take(api.POST("/api/v1/workflow-executions/{id}/repetitions", { params })),
    stale,
    done: () => notice(t.workflows.startedAgain),
  });
  const change = isOpen ? cancel : again;
  return (
    <li className={classes.card}>
      <Group justify="space-between" align="flex-start" gap="xs">
        <div className={classes.what}>
          <Group gap="xs">
            <Button
              variant="default"
              size="compact-sm"
              onClick={toggle}
              aria-expanded={open}
              aria-label={t.workflows.historyOf(triggerText(execution.trigger, t))}
            >
              {triggerText(execution.trigger, t)}
            </Button>
            <Badge variant="dot" color={COLORS[execution.status]}>
              {t.workflows.statuses[execution.status]}
            </Badge>
          </Group>
          <Text size="sm" c="dimmed" component="div">
            <When at={execution.created_at} /> · {t.workflows.revision(execution.revision)}
            {execution.error ? ` · ${execution.error}` : ""}
            {execution.resume_at ? (
              <>
                {" · "}
                {t.workflows.until} <When at={execution.resume_at} />
              </>
            ) : null}
          </Text>
        </div>
        {may("workflows:write") ? (
          <Button
            variant="default"
            size="compact-md"
            flex="none"
            loading={change.isPending}
            onClick={() => change.mutate()}
          >
            {isOpen ? t.workflows.cancel : t.workflows.again}
          </Button>
        ) : null}
      </Group>
      <Collapse expanded={open}>{open ? <Steps execution={execution} /> : null}</Collapse>
    </li>
  );
}

function Steps({ execution }: { execution: WorkflowExecution }) {
  const t = useT();
  const query = useQuery({
    queryKey: [
      keys.workflowExecutions,
      "details",
      execution.id,
      execution.status,
      execution.actions_executed,
    ],
    queryFn: ({ signal }) =>
      take(api.GET("/api/v1/workflow-executions/{id}", { params: { path: { id: execution.id } }, signal })),
  });
  return (
    <Answer query={query}>
      {({ steps }) => (
        <Stack gap="sm" mt="sm">
          {steps.map((step) => (
            <div key={step.position} className={classes.group}>
              <Group gap="xs">
                <Text size="sm" fw={500}>
                  {step.position}. {step.name}
                </Text>
                <Badge variant="dot" color={COLORS[step.status]}>
                  {t.workflows.statuses[step.status]}
                </Badge>
              </Group>
              <Text size="sm" c="dimmed" component="div">
                <When at={step.finished_at ?? step.started_at} /> · {t.workflows.attempts(step.attempts)}
                {step.error ? ` · ${step.error}` : ""}
              </Text>
              <Said input={step.input} />
            </div>
          ))}
        </Stack>
      )}
    </Answer>
  );
}
