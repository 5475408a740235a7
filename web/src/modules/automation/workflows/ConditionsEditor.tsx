/** Groups of conditions, joined by all or any. */
import { ActionIcon, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { WorkflowConditions, WorkflowRule } from "@/api/types";
import { useT } from "@/i18n";
import { type Field, fieldText } from "./words";
import classes from "./workflows.module.css";

type Operator = WorkflowRule["op"];
const OF_KIND: Record<string, Operator[]> = {
  text: ["equals", "not_equals", "contains", "not_contains", "is_set", "is_not_set"],
  choice: ["equals", "not_equals", "is_set", "is_not_set"],
  number: ["equals", "not_equals", "greater", "less", "is_set", "is_not_set"],
  time: ["greater", "less", "is_set", "is_not_set"],
};
const takesValue = (op: Operator) => op !== "is_set" && op !== "is_not_set";

export function ConditionsEditor({
  label,
  conditions,
  fields,
  onChange,
  disabled,
}: {
  label: string;
  conditions: WorkflowConditions;
  fields: Field[];
  onChange: (conditions: WorkflowConditions) => void;
  disabled?: boolean | undefined;
}) {
  const t = useT();
  const first = fields[0];
  const blank = (): WorkflowRule => ({
    field: first?.path ?? "",
    op: "equals",
    value: first?.values[0] ?? "",
  });
  const { groups } = conditions;
  const setGroups = (next: typeof groups) => onChange({ ...conditions, groups: next });
  if (!first) return null;
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0, minWidth: 0 }} disabled={disabled}>
      <Text component="legend" fw={500} size="sm">
        {label}
      </Text>
      <Stack gap="sm" mt={4}>
        {groups.length > 1 ? (
          <Joined value={conditions.match} onChange={(match) => onChange({ ...conditions, match })} />
        ) : null}
        {groups.map((group, g) => {
          const setGroup = (next: typeof group) =>
            setGroups(groups.map((old, at) => (at === g ? next : old)));
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no identity but their place
            <Stack key={g} gap="xs" className={classes.group}>
              {group.rules.length > 1 ? (
                <Joined value={group.match} onChange={(match) => setGroup({ ...group, match })} />
              ) : null}
              {group.rules.map((rule, r) => (
                <RuleRow
                  // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no identity but their place
                  key={r}
                  rule={rule}
                  fields={fields}
                  onChange={(next) =>
                    setGroup({ ...group, rules: group.rules.map((old, at) => (at === r ? next : old)) })
                  }
                  onRemove={() => {
                    const rules = group.rules.filter((_, at) => at !== r);
                    if (rules.length === 0) setGroups(groups.filter((_, at) => at !== g));
                    else setGroup({ ...group, rules });
                  }}
                />
              ))}
              <Group>
                <Button
                  variant="subtle"
                  size="compact-sm"
                  leftSection={<IconPlus size={14} aria-hidden />}
                  onClick={() => setGroup({ ...group, rules: [...group.rules, blank()] })}
                >
                  {t.workflows.addRule}
                </Button>
              </Group>
            </Stack>
          );
        })}
        <Group>
          <Button
            variant="default"
            size="compact-md"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => setGroups([...groups, { match: "all", rules: [blank()] }])}
          >
            {groups.length === 0 ? t.workflows.addRule : t.workflows.addGroup}
          </Button>
        </Group>
      </Stack>
    </fieldset>
  );
}

function Joined({ value, onChange }: { value: "all" | "any"; onChange: (value: "all" | "any") => void }) {
  const t = useT();
  return (
    <Select
      aria-label={t.workflows.match}
      w={180}
      size="xs"
      value={value}
      allowDeselect={false}
      data={[
        { value: "all", label: t.workflows.all },
        { value: "any", label: t.workflows.any },
      ]}
      onChange={(next) => onChange(next === "any" ? "any" : "all")}
    />
  );
}

function RuleRow({
  rule,
  fields,
  onChange,
  onRemove,
}: {
  rule: WorkflowRule;
  fields: Field[];
  onChange: (rule: WorkflowRule) => void;
  onRemove: () => void;
}) {
  const t = useT();
  const field = fields.find(({ path }) => path === rule.field);
  const known = field ? fields : [...fields, { path: rule.field, kind: "text", values: [], settable: false }];
  const operators = OF_KIND[field?.kind ?? "text"] ?? [];
  return (
    <div className={classes.rule}>
      <Select
        className={classes.whole}
        label={t.workflows.field}
        searchable
        allowDeselect={false}
        value={rule.field}
        data={known.map(({ path }) => ({ value: path, label: fieldText(path, t) }))}
        onChange={(path) => {
          const next = fields.find((one) => one.path === path);
          if (!next) return;
          const op = OF_KIND[next.kind]?.includes(rule.op) ? rule.op : (OF_KIND[next.kind]?.[0] ?? "equals");
          onChange({ field: next.path, op, value: next.values[0] ?? "" });
        }}
      />
      <Select
        className={classes.whole}
        label={t.workflows.operator}
        allowDeselect={false}
        value={rule.op}
        data={operators.map((value) => ({ value, label: t.workflows.operators[value] }))}
        onChange={(value) => onChange({ ...rule, op: (value ?? "equals") as Operator })}
      />
      {!takesValue(rule.op) ? (
        <span />
      ) : field && field.values.length > 0 ? (
        <Select
          label={t.workflows.value}
          allowDeselect={false}
          value={rule.value ?? ""}
          data={field.values.map((value) => ({ value, label: value.replaceAll("_", " ") }))}
          onChange={(value) => onChange({ ...rule, value: value ?? "" })}
        />
      ) : (
        <TextInput
          label={t.workflows.value}
          value={rule.value ?? ""}
          placeholder={field?.kind === "time" ? "2031-09-08T09:00:00Z" : undefined}
          onChange={(event) => onChange({ ...rule, value: event.currentTarget.value })}
        />
      )}
      <ActionIcon
        mb={4}
        aria-label={`${t.workflows.removeRule}: ${fieldText(rule.field, t)}`}
        onClick={onRemove}
      >
        <IconTrash size={16} />
      </ActionIcon>
    </div>
  );
}
