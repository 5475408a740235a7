/** What a workflow would do with a past record. */
import { Badge, Button, Group, Modal, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Workflow, WorkflowTest } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { useChange } from "@/shared/change";
import { Answer } from "@/shared/states";
import { Said } from "./Said";
import classes from "./workflows.module.css";

export function TestDialog({
  workflow,
  opened,
  onClose,
}: {
  workflow: Workflow;
  opened: boolean;
  onClose: () => void;
}) {
  const t = useT();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t.workflows.testTitle}
      size={620}
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      <Samples workflow={workflow} />
    </Modal>
  );
}

function Samples({ workflow }: { workflow: Workflow }) {
  const t = useT();
  const query = useQuery({
    queryKey: [keys.workflows, workflow.id, "samples", workflow.trigger],
    queryFn: ({ signal }) =>
      take(api.GET("/api/v1/workflows/{id}/samples", { params: { path: { id: workflow.id } }, signal })),
  });
  return (
    <Stack>
      <Text size="sm">{t.workflows.testText}</Text>
      <Answer query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Text c="dimmed">{t.workflows.testNone}</Text>
          ) : (
            <Test workflow={workflow} samples={items} />
          )
        }
      </Answer>
    </Stack>
  );
}

function Test({
  workflow,
  samples,
}: {
  workflow: Workflow;
  samples: { id: string; name: string; at: string }[];
}) {
  const t = useT();
  const formats = useFormats();
  const [chosen, setChosen] = useState(samples[0]?.id ?? "");
  const test = useChange<string, WorkflowTest>({
    run: (subject_id) =>
      take(
        api.POST("/api/v1/workflows/{id}/tests", {
          params: { path: { id: workflow.id } },
          body: { subject_id },
        }),
      ),
    stale: [],
  });
  return (
    <>
      <Select
        label={t.workflows.testWith}
        allowDeselect={false}
        value={chosen}
        data={samples.map(({ id, name, at }) => ({ value: id, label: `${name} · ${formats.dateTime(at)}` }))}
        onChange={(value) => {
          setChosen(value ?? "");
          test.reset();
        }}
      />
      <Group>
        <Button loading={test.isPending} onClick={() => test.mutate(chosen)}>
          {t.workflows.testRun}
        </Button>
      </Group>
      {test.data ? (
        <Stack gap="sm" role="status">
          {test.data.runs ? null : <Text>{t.workflows.testNotRun}</Text>}
          {test.data.steps.map((step) => (
            <div key={step.position} className={classes.card}>
              <Group justify="space-between" wrap="nowrap" align="flex-start">
                <div className={classes.what}>
                  <Text fw={500}>
                    {step.position}. {step.name}
                  </Text>
                  <Text size="sm" c="dimmed">
                    {t.workflows.kinds[step.kind]}
                  </Text>
                </div>
                <Badge variant="dot" color={step.error ? "red" : step.runs ? "green" : "gray"} flex="none">
                  {step.error
                    ? t.workflows.statuses.failed
                    : step.runs
                      ? t.workflows.wouldRun
                      : t.workflows.wouldSkip}
                </Badge>
              </Group>
              {step.error ? <Text size="sm">{step.error}</Text> : <Said input={step.input} />}
            </div>
          ))}
        </Stack>
      ) : null}
    </>
  );
}
