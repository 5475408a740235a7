/** All workflows, with how often each ran, and the ready-made ones to start from. */
import { Badge, Button, Group, Modal, Stack, Text, UnstyledButton } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconPlus, IconRoute } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Workflow, WorkflowTemplate } from "@/api/types";
import { useMay } from "@/app/session";
import { useT } from "@/i18n";
import { useChange } from "@/shared/change";
import { LinkAnchor } from "@/shared/links";
import { Page } from "@/shared/Page";
import { Answer, EmptyState, RowsSkeleton } from "@/shared/states";
import { workflowsQuery, workflowTemplatesQuery } from "./queries";
import { triggerText } from "./words";
import classes from "./workflows.module.css";

const route = getRouteApi("/app/workflows");

export function Workflows() {
  const t = useT();
  const may = useMay();
  const navigate = useNavigate({ from: "/workflows" });
  const { create } = route.useSearch();
  const query = useQuery(workflowsQuery);
  const writable = may("workflows:write");
  const setCreate = (value: true | undefined) => void navigate({ search: (s) => ({ ...s, create: value }) });
  useHotkeys([["n", () => writable && setCreate(true)]]);
  const button = writable ? (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreate(true)}>
      {t.workflows.create}
    </Button>
  ) : null;
  return (
    <Page title={t.nav.workflows} description={t.workflows.text} action={button}>
      <Answer query={query} skeleton={<RowsSkeleton rows={4} height={72} />}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={IconRoute} title={t.workflows.noneTitle} action={button}>
              {t.workflows.noneText}
            </EmptyState>
          ) : (
            <ul className={classes.list}>
              {items.map((workflow) => (
                <Row key={workflow.id} workflow={workflow} />
              ))}
            </ul>
          )
        }
      </Answer>
      <Modal
        opened={create === true && writable}
        onClose={() => setCreate(undefined)}
        title={t.workflows.startFrom}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <Templates />
      </Modal>
    </Page>
  );
}

function Row({ workflow }: { workflow: Workflow }) {
  const t = useT();
  return (
    <li className={classes.card}>
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <div className={classes.what}>
          <LinkAnchor to="/workflows/$id" params={{ id: workflow.id }} fw={500}>
            {workflow.name}
          </LinkAnchor>
          <Text size="sm" c="dimmed">
            {triggerText(workflow.trigger, t)} · {workflow.owner.name}
          </Text>
          <Text size="sm" c="dimmed">
            {t.workflows.ran(workflow.total_executions)} ·{" "}
            {t.workflows.succeeded(workflow.successful_executions)}
          </Text>
        </div>
        <WorkflowState workflow={workflow} />
      </Group>
    </li>
  );
}

export function WorkflowState({ workflow }: { workflow: Workflow }) {
  const t = useT();
  return workflow.is_active ? (
    <Badge variant="dot" color="green" flex="none">
      {t.workflows.on}
    </Badge>
  ) : (
    <Badge variant="default" flex="none">
      {t.workflows.off}
    </Badge>
  );
}

function Templates() {
  const t = useT();
  const navigate = useNavigate();
  const query = useQuery(workflowTemplatesQuery);
  const create = useChange<WorkflowTemplate | null, Workflow>({
    run: (template) =>
      take(
        api.POST("/api/v1/workflows", {
          body: template
            ? {
                name: template.name,
                trigger: template.trigger,
                delay_minutes: template.delay_minutes,
                steps: template.steps,
              }
            : { name: t.workflows.untitled, trigger: "booking.created" },
        }),
      ),
    stale: [keys.workflows],
    done: ({ id }) => void navigate({ to: "/workflows/$id", params: { id } }),
  });
  return (
    <Answer query={query}>
      {({ items }) => (
        <Stack gap="xs">
          {items.map((template) => (
            <Choice
              key={template.key}
              name={template.name}
              text={template.description}
              onChoose={() => create.mutate(template)}
              disabled={create.isPending}
            />
          ))}
          <Choice name={t.workflows.empty} onChoose={() => create.mutate(null)} disabled={create.isPending} />
        </Stack>
      )}
    </Answer>
  );
}

function Choice({
  name,
  text,
  onChoose,
  disabled,
}: {
  name: string;
  text?: string;
  onChoose: () => void;
  disabled: boolean;
}) {
  return (
    <UnstyledButton className={classes.card} onClick={onChoose} disabled={disabled}>
      <Text fw={500}>{name}</Text>
      {text ? (
        <Text size="sm" c="dimmed">
          {text}
        </Text>
      ) : null}
    </UnstyledButton>
  );
}
