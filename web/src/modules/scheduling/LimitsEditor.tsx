/** The most of an event type in a day, week or month; each change is saved at once. */
import { ActionIcon, Button, Group, Select, Stack, Text } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { EventType } from "@/api/types";
import { useT } from "@/i18n";
import { free, type Limit, MEASURES, PERIODS, SCOPES } from "./limits";
import classes from "./limits.module.css";
import { SavedNumber } from "./SavedFields";

interface LimitsEditorProps {
  limits: EventType["limits"];
  errors: Record<string, string>;
  readOnly: boolean;
  onSave: (limits: Limit[]) => void;
}

export function LimitsEditor({ limits, errors, readOnly, onSave }: LimitsEditorProps) {
  const t = useT();
  const words = t.eventTypes.limits;
  const set = (index: number, change: Partial<Limit>) =>
    onSave(limits.map((limit, at) => (at === index ? { ...limit, ...change } : limit)));
  const next = free(limits);
  return (
    <Stack gap="sm">
      {limits.map((limit, index) => {
        const name = `${words.measures[limit.measure]}, ${words.periods[limit.period]}: ${words.scopes[limit.scope]}`;
        const error = errors[`limits.${index}.period`] ?? errors[`limits.${index}.most`];
        return (
          <fieldset className={classes.limit} key={`${limit.period} ${limit.measure} ${limit.scope}`}>
            <legend className={classes.legend}>{name}</legend>
            <SavedNumber
              label={words.most}
              min={1}
              max={100_000}
              value={limit.most}
              readOnly={readOnly}
              onSave={(most) => most && set(index, { most })}
            />
            <Select
              label={words.measure}
              readOnly={readOnly}
              allowDeselect={false}
              data={MEASURES.map((value) => ({ value, label: words.measures[value] }))}
              value={limit.measure}
              onChange={(value) => value && set(index, { measure: value as Limit["measure"] })}
            />
            <Select
              label={words.period}
              readOnly={readOnly}
              allowDeselect={false}
              data={PERIODS.map((value) => ({ value, label: words.periods[value] }))}
              value={limit.period}
              onChange={(value) => value && set(index, { period: value as Limit["period"] })}
            />
            <Select
              label={words.scope}
              readOnly={readOnly}
              allowDeselect={false}
              data={SCOPES.map((value) => ({ value, label: words.scopes[value] }))}
              value={limit.scope}
              error={error}
              onChange={(value) => value && set(index, { scope: value as Limit["scope"] })}
            />
            {readOnly ? null : (
              <ActionIcon
                className={classes.remove}
                aria-label={words.remove(name)}
                onClick={() => onSave(limits.filter((_, at) => at !== index))}
              >
                <IconTrash size={18} />
              </ActionIcon>
            )}
          </fieldset>
        );
      })}
      {limits.length === 0 ? (
        <Text c="dimmed" size="sm">
          {words.none}
        </Text>
      ) : null}
      {readOnly || !next ? null : (
        <Group>
          <Button
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => onSave([...limits, next])}
          >
            {words.add}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
