/** One step, edited in place. */
import { Button, Checkbox, Group, Menu, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { WorkflowOptions, WorkflowStep, WorkflowStepConfig } from "@/api/types";
import { useMay } from "@/app/session";
import { useT } from "@/i18n";
import { possibleOwnersQuery } from "@/modules/identity/queries";
import { webhooksQuery } from "../queries";
import { ConditionsEditor } from "./ConditionsEditor";
import { Duration } from "./Duration";
import { workflowsQuery } from "./queries";
import { type Field, fieldText, triggerText } from "./words";

type Kind = WorkflowStep["kind"];
type Recipient = NonNullable<WorkflowStep["recipient"]>;
type Config = WorkflowStepConfig;
const KINDS: Kind[] = [
  "send_email",
  "send_sms",
  "notify",
  "wait",
  "set_field",
  "call_webhook",
  "start_workflow",
];
const RECIPIENTS: Record<string, Recipient[]> = {
  send_email: ["invitee", "organizer", "owner", "member", "address"],
  send_sms: ["invitee"],
  notify: ["organizer", "owner", "member"],
};

interface Props {
  step: WorkflowStep;
  /** Of the workflow, which is not offered to be started by itself. */
  workflowId: string;
  options: WorkflowOptions;
  fields: Field[];
  earlier: Field[];
  onChange: (step: WorkflowStep) => void;
}

export function StepForm(props: Props) {
  const t = useT();
  const { step, fields, earlier, onChange } = props;
  const setKind = (kind: Kind) => {
    const offered = RECIPIENTS[kind];
    const kept = offered?.find((recipient) => recipient === step.recipient);
    onChange({ ...step, kind, recipient: kept ?? offered?.[0] ?? null });
  };
  return (
    <Stack gap="sm">
      <Select
        label={t.workflows.kind}
        allowDeselect={false}
        value={step.kind}
        data={KINDS.map((value) => ({ value, label: t.workflows.kinds[value] }))}
        onChange={(value) => value && setKind(value as Kind)}
      />
      <TextInput
        label={t.workflows.stepName}
        value={step.name}
        maxLength={200}
        onChange={(event) => onChange({ ...step, name: event.currentTarget.value })}
      />
      <KindFields {...props} />
      <ConditionsEditor
        label={t.workflows.onlyIf}
        conditions={step.conditions}
        fields={[...fields, ...earlier]}
        onChange={(conditions) => onChange({ ...step, conditions })}
      />
      <Select
        label={t.workflows.failure}
        allowDeselect={false}
        value={step.on_failure ?? "stop"}
        data={(["stop", "continue"] as const).map((value) => ({ value, label: t.workflows.failures[value] }))}
        onChange={(value) => onChange({ ...step, on_failure: value === "continue" ? "continue" : "stop" })}
      />
    </Stack>
  );
}

function KindFields(props: Props) {
  const { step, onChange } = props;
  const { config } = step;
  const set = (changes: Partial<Config>) => onChange({ ...step, config: { ...config, ...changes } });
  switch (step.kind) {
    case "send_email":
    case "send_sms":
    case "notify":
      return <MessageFields {...props} config={config} set={set} />;
    case "wait":
      return <WaitFields {...props} config={config} set={set} />;
    case "set_field":
      return <SetFields {...props} config={config} set={set} />;
    case "call_webhook":
      return <WebhookField {...props} config={config} set={set} />;
    case "start_workflow":
      return <WorkflowField {...props} config={config} set={set} />;
  }
}

type Fields = Props & { config: Config; set: (changes: Partial<Config>) => void };

function MessageFields({ step, fields, config, set, onChange }: Fields) {
  const t = useT();
  const may = useMay();
  const members = useQuery({
    ...possibleOwnersQuery,
    enabled: step.recipient === "member" && may("members:read"),
  });
  return (
    <>
      <Select
        label={t.workflows.recipient}
        allowDeselect={false}
        value={step.recipient ?? null}
        data={(RECIPIENTS[step.kind] ?? []).map((value) => ({ value, label: t.workflows.recipients[value] }))}
        onChange={(value) => onChange({ ...step, recipient: (value as Recipient) ?? null })}
      />
      {step.recipient === "member" ? (
        <Select
          label={t.workflows.member}
          searchable
          value={config.user_id ?? null}
          data={(members.data?.items ?? []).map((one) => ({ value: one.user_id, label: one.name }))}
          onChange={(value) => set({ user_id: value })}
        />
      ) : null}
      {step.recipient === "address" ? (
        <TextInput
          label={t.workflows.address}
          type="email"
          value={config.address ?? ""}
          onChange={(event) => set({ address: event.currentTarget.value })}
        />
      ) : null}
      {step.kind === "send_sms" ? null : (
        <TextInput
          label={t.workflows.subject}
          maxLength={200}
          value={config.subject ?? ""}
          onChange={(event) => set({ subject: event.currentTarget.value })}
        />
      )}
      <Textarea
        label={t.workflows.message}
        description={t.workflows.messageText}
        autosize
        minRows={4}
        maxRows={16}
        maxLength={5000}
        value={config.text ?? ""}
        onChange={(event) => set({ text: event.currentTarget.value })}
      />
      <Group>
        <Menu position="bottom-start">
          <Menu.Target>
            <Button variant="default" size="compact-sm">
              {t.workflows.insert}
            </Button>
          </Menu.Target>
          <Menu.Dropdown mah={300} style={{ overflowY: "auto" }}>
            {fields.map(({ path }) => (
              <Menu.Item key={path} onClick={() => set({ text: `${config.text ?? ""}{{ ${path} }}` })}>
                {fieldText(path, t)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </Group>
      {step.kind === "notify" ? null : (
        <Checkbox
          label={t.workflows.transactional}
          description={t.workflows.transactionalText}
          checked={config.is_transactional ?? true}
          onChange={(event) => set({ is_transactional: event.currentTarget.checked })}
        />
      )}
    </>
  );
}

function WaitFields({ options, config, set }: Fields) {
  const t = useT();
  const events = options.triggers.filter((trigger) => !trigger.is_timed);
  return (
    <>
      <Select
        label={t.workflows.waitFor}
        searchable
        allowDeselect={false}
        value={config.event ?? ""}
        data={[
          { value: "", label: t.workflows.waitTime },
          ...events.map(({ name }) => ({ value: name, label: triggerText(name, t) })),
        ]}
        onChange={(value) => set({ event: value || null })}
      />
      <Duration
        label={config.event ? t.workflows.atMost : t.workflows.howLong}
        minutes={config.minutes ?? 60}
        min={1}
        onChange={(minutes) => set({ minutes })}
      />
    </>
  );
}

function SetFields({ fields, config, set }: Fields) {
  const t = useT();
  const settable = fields.filter((field) => field.settable);
  const values = settable.find((field) => field.path === config.field)?.values ?? [];
  return (
    <>
      <Select
        label={t.workflows.field}
        searchable
        value={config.field ?? null}
        data={settable.map(({ path }) => ({ value: path, label: fieldText(path, t) }))}
        onChange={(field) =>
          set({ field, value: settable.find(({ path }) => path === field)?.values[0] ?? "" })
        }
      />
      {values.length > 0 ? (
        <Select
          label={t.workflows.value}
          allowDeselect={false}
          value={config.value ?? null}
          data={values.map((value) => ({ value, label: value.replaceAll("_", " ") }))}
          onChange={(value) => set({ value })}
        />
      ) : (
        <TextInput
          label={t.workflows.value}
          maxLength={500}
          value={config.value ?? ""}
          onChange={(event) => set({ value: event.currentTarget.value })}
        />
      )}
    </>
  );
}

function WebhookField({ config, set }: Fields) {
  const t = useT();
  const may = useMay();
  const query = useQuery({ ...webhooksQuery, enabled: may("webhooks:manage") });
  const items = query.data?.items ?? [];
  return (
    <Select
      label={t.workflows.webhook}
      description={items.length === 0 ? t.workflows.noWebhooks : undefined}
      value={config.webhook_endpoint_id ?? null}
      data={items.map(({ id, url }) => ({ value: id, label: url }))}
      onChange={(webhook_endpoint_id) => set({ webhook_endpoint_id })}
    />
  );
}

function WorkflowField({ workflowId, config, set }: Fields) {
  const t = useT();
  const query = useQuery(workflowsQuery);
  const others = (query.data?.items ?? []).filter(({ id }) => id !== workflowId);
  return (
    <Select
      label={t.workflows.workflow}
      searchable
      value={config.workflow_id ?? null}
      data={others.map(({ id, name }) => ({ value: id, label: name }))}
      onChange={(workflow_id) => set({ workflow_id })}
    />
  );
}
