/** One workflow: what it does, and what it did. */
import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import { asProblem, fieldErrors, problemText } from "@/api/problem";
import type { Workflow, WorkflowConditions, WorkflowOptions, WorkflowStep } from "@/api/types";
import { useMay } from "@/app/session";
import { useT } from "@/i18n";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { useChange } from "@/shared/change";
import { FormSummary } from "@/shared/forms";
import { Page, Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import { LinkTabs } from "@/shared/Tabs";
import { notice } from "@/shared/toast";
import { ConditionsEditor } from "./ConditionsEditor";
import { Duration } from "./Duration";
import { Executions } from "./Executions";
import { workflowOptionsQuery, workflowQuery } from "./queries";
import { draftOf, StepsEditor } from "./StepsEditor";
import { TestDialog } from "./TestDialog";
import { WorkflowState } from "./Workflows";
import { fieldsOf, triggerText } from "./words";
import classes from "./workflows.module.css";

const route = getRouteApi("/app/workflows/$id");

export function WorkflowPage() {
  const { id } = route.useParams();
  const query = useQuery(workflowQuery(id));
  const options = useQuery(workflowOptionsQuery);
  return (
    <Answer query={query}>
      {(workflow) => (
        <Answer query={options}>
          {(found) => <Loaded key={workflow.id} workflow={workflow} options={found} />}
        </Answer>
      )}
    </Answer>
  );
}

function Loaded({ workflow, options }: { workflow: Workflow; options: WorkflowOptions }) {
  const t = useT();
  const { history } = route.useSearch();
  const params = { id: workflow.id };
  return (
    <Page title={workflow.name} back="/workflows" badge={<WorkflowState workflow={workflow} />}>
      <LinkTabs
        label={t.workflows.one}
        tabs={[
          { label: t.workflows.tabs.steps, link: { to: "/workflows/$id", params }, active: !history },
          {
            label: t.workflows.tabs.history,
            link: { to: "/workflows/$id", params, search: { history: true } },
            active: history === true,
          },
        ]}
      />
      {history ? (
        <Executions workflow={workflow} />
      ) : (
        <Editor key={workflow.version} workflow={workflow} options={options} />
      )}
    </Page>
  );
}

function draft(workflow: Workflow) {
  return {
    name: workflow.name,
    trigger: workflow.trigger,
    delay_minutes: workflow.delay_minutes,
    conditions: workflow.conditions as WorkflowConditions,
    steps: (workflow.steps as WorkflowStep[]).map(draftOf),
  };
}

function Editor({ workflow, options }: { workflow: Workflow; options: WorkflowOptions }) {
  const t = useT();
  const may = useMay();
  const client = useQueryClient();
  const navigate = useNavigate();
  const writable = may("workflows:write");
  const [values, setValues] = useState(() => draft(workflow));
  const [isChanged, setChanged] = useState(false);
  const [problems, setProblems] = useState<string[]>([]);
  const [removing, remove] = useDisclosure(false);
  const [testing, test] = useDisclosure(false);
  const set = (changes: Partial<typeof values>) => {
    setValues({ ...values, ...changes });
    setChanged(true);
  };
  const params = { path: { id: workflow.id }, header: ifMatch(workflow) };
  const save = useChange<{ is_active?: boolean }>({
    run: ({ is_active }) => {
      const { steps, ...rest } = values;
      const said = { ...rest, steps: steps.map(({ step }) => step) as Workflow["steps"] };
      const body = is_active === undefined ? said : { is_active };
      return take(api.PATCH("/api/v1/workflows/{id}", { params, body }));
    },
    stale: [keys.workflows],
    done: (_, { is_active }) => {
      setChanged(false);
      setProblems([]);
      if (is_active === undefined) notice(t.workflows.saved);
      else notice(is_active ? t.workflows.switchedOn : t.workflows.switchedOff);
    },
    refused: (problem) => {
      const fields = Object.entries(fieldErrors(problem, t));
      if (fields.length === 0) return false;
      setProblems([problemText(asProblem(problem), t), ...fields.map(([name, why]) => `${name}: ${why}`)]);
      return true;
    },
  });
  const removal = useChange<void>({
    run: () => take(api.DELETE("/api/v1/workflows/{id}", { params })),
    stale: [],
    done: () => {
      notice(t.workflows.removed);
      void navigate({ to: "/workflows" });
      void client.invalidateQueries({ queryKey: [keys.workflows], exact: true });
    },
  });
  const trigger = options.triggers.find(({ name }) => name === values.trigger);
  const fields = fieldsOf(options, values.trigger);
  return (
    <>
      <Section>
        <Stack>
          <FormSummary lines={problems} />
          <TextInput
            label={t.workflows.name}
            value={values.name}
            maxLength={200}
            readOnly={!writable}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
          <Select
            label={t.workflows.trigger}
            searchable
            allowDeselect={false}
            readOnly={!writable}
            value={values.trigger}
            data={options.triggers.map(({ name }) => ({ value: name, label: triggerText(name, t) }))}
            onChange={(value) => value && set({ trigger: value })}
          />
          <Duration
            label={trigger?.is_timed ? t.workflows.delayTimed : t.workflows.delayAfter}
            minutes={values.delay_minutes}
            min={0}
            disabled={!writable}
            onChange={(delay_minutes) => set({ delay_minutes })}
          />
          <ConditionsEditor
            label={t.workflows.onlyIf}
            conditions={values.conditions}
            fields={fields}
            disabled={!writable}
            onChange={(conditions) => set({ conditions })}
          />
        </Stack>
      </Section>
      <Section title={t.workflows.steps} description={t.workflows.stepsText}>
        <StepsEditor
          steps={values.steps}
          workflowId={workflow.id}
          options={options}
          fields={fields}
          writable={writable}
          onChange={(steps) => set({ steps })}
        />
      </Section>
      {writable ? (
        <Group className={classes.bar} justify="space-between">
          <Group gap="xs">
            <Button disabled={!isChanged} loading={save.isPending} onClick={() => save.mutate({})}>
              {t.workflows.save}
            </Button>
            <Button variant="default" disabled={isChanged} onClick={test.open}>
              {t.workflows.test}
            </Button>
            <Button
              variant="default"
              disabled={isChanged}
              loading={save.isPending}
              onClick={() => save.mutate({ is_active: !workflow.is_active })}
            >
              {workflow.is_active ? t.workflows.switchOff : t.workflows.switchOn}
            </Button>
            {isChanged ? (
              <Text size="sm" c="dimmed">
                {t.workflows.unsaved}
              </Text>
            ) : null}
          </Group>
          <Button variant="default" loading={removal.isPending} onClick={remove.open}>
            {t.workflows.remove}
          </Button>
        </Group>
      ) : null}
      <TestDialog workflow={workflow} opened={testing} onClose={test.close} />
      <ConfirmDialog
        opened={removing}
        onClose={remove.close}
        title={t.workflows.removeTitle}
        text={t.workflows.removeText}
        button={t.workflows.remove}
        onConfirm={removal.mutate}
      />
    </>
  );
}
