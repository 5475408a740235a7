/** The windows of each day of the week. */
import { ActionIcon, Button, Checkbox, Group, Popover, Stack, Switch, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconCopy, IconPlus, IconX } from "@tabler/icons-react";
import { useState } from "react";
import type { Day } from "@/api/types";
import { useT } from "@/i18n";
import { TimeField } from "@/shared/TimeField";
import {
  addWindow,
  carriedInto,
  copyDay,
  DAYS,
  isOvernight,
  type Week,
  type Window,
  windowFaults,
} from "./week";
import classes from "./week.module.css";

interface WeekEditorProps {
  week: Week;
  /** The week that ends before this one: its last night reaches into Monday. */
  before: Week;
  /** What tells this week from another on the screen. */
  label?: string;
  onChange: (week: Week) => void;
  readOnly: boolean;
}

export function WeekEditor({ week, before, label, onChange, readOnly }: WeekEditorProps) {
  const t = useT();
  return (
    <div className={classes.week}>
      {DAYS.map((day) => {
        const windows = week[day];
        const set = (next: Window[]) => onChange({ ...week, [day]: next });
        const name = label ? `${t.days.long[day]}, ${label}` : t.days.long[day];
        return (
          <fieldset key={day} className={classes.day}>
            <legend className="visually-hidden">{name}</legend>
            <Switch
              className={classes.toggle}
              label={t.days.long[day]}
              disabled={readOnly}
              checked={windows.length > 0}
              onChange={(e) => set(e.currentTarget.checked ? addWindow([]) : [])}
            />
            <Windows
              windows={windows}
              carried={carriedInto(week, before, day)}
              onChange={set}
              readOnly={readOnly}
              label={name}
            />
            {readOnly ? null : (
              <Group gap={2} wrap="nowrap" className={classes.actions}>
                <Tooltip label={t.availability.addWindow}>
                  <ActionIcon
                    aria-label={`${t.availability.addWindow}: ${name}`}
                    onClick={() => set(addWindow(windows))}
                  >
                    <IconPlus size={18} />
                  </ActionIcon>
                </Tooltip>
                <CopyTo day={day} onCopy={(to) => onChange(copyDay(week, day, to))} />
              </Group>
            )}
          </fieldset>
        );
      })}
    </div>
  );
}

/** Windows of one day or date, each with its fault beside it. */
export function Windows({
  windows,
  carried = null,
  onChange,
  readOnly,
  label,
}: {
  windows: Window[];
  /** Where windows may end on the next day: what the night before left of this one. */
  carried?: Window[] | null;
  onChange: (windows: Window[]) => void;
  readOnly: boolean;
  label: string;
}) {
  const t = useT();
  const faults = windowFaults(windows, carried);
  if (windows.length === 0) {
    return (
      <Text c="dimmed" className={classes.closed}>
        {t.availability.closed}
      </Text>
    );
  }
  return (
    <Stack gap={6}>
      {windows.map((window, index) => {
        const set = (part: Partial<Window>) =>
          onChange(windows.map((w, i) => (i === index ? { ...w, ...part } : w)));
        const fault = faults[index];
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a window is known by its place alone
          <div key={index}>
            <Group gap={6} wrap="nowrap">
              <TimeField
                label={`${label}, ${t.settings.from}`}
                value={window.start}
                faulty={Boolean(fault)}
                readOnly={readOnly}
                onChange={(start) => set({ start })}
              />
              <span aria-hidden>–</span>
              <TimeField
                label={`${label}, ${t.settings.to}`}
                value={window.end}
                faulty={Boolean(fault)}
                readOnly={readOnly}
                endOfDay
                onChange={(end) => set({ end })}
              />
              {readOnly ? null : (
                <ActionIcon
                  aria-label={t.availability.removeWindow(`${label} ${window.start}–${window.end}`)}
                  onClick={() => onChange(windows.filter((_, i) => i !== index))}
                >
                  <IconX size={18} />
                </ActionIcon>
              )}
            </Group>
            {carried && !fault && isOvernight(window) ? (
              <Text size="sm" c="dimmed">
                {t.availability.nextDay}
              </Text>
            ) : null}
            {fault ? (
              <Text size="sm" c="error" role="alert">
                {t.availability.faults[fault]}
              </Text>
            ) : null}
          </div>
        );
      })}
    </Stack>
  );
}

function CopyTo({ day, onCopy }: { day: Day; onCopy: (days: Day[]) => void }) {
  const t = useT();
  const [opened, { toggle, close }] = useDisclosure(false);
  const others = DAYS.filter((d) => d !== day);
  const [chosen, setChosen] = useState<Day[]>([]);
  return (
    <Popover opened={opened} onChange={(open) => !open && close()} position="bottom-end" withArrow trapFocus>
      <Popover.Target>
        <Tooltip label={t.availability.copy}>
          <ActionIcon
            aria-label={`${t.availability.copy}: ${t.days.long[day]}`}
            aria-expanded={opened}
            onClick={() => {
              setChosen(
                day === "sat" || day === "sun" ? [] : others.filter((d) => d !== "sat" && d !== "sun"),
              );
              toggle();
            }}
          >
            <IconCopy size={18} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <Checkbox.Group
          label={t.availability.copyTo(t.days.long[day])}
          value={chosen}
          onChange={(value) => setChosen(DAYS.filter((d) => value.includes(d)))}
        >
          <Stack gap={6} mt="xs">
            {others.map((d) => (
              <Checkbox key={d} value={d} label={t.days.long[d]} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Button
          mt="sm"
          fullWidth
          disabled={chosen.length === 0}
          onClick={() => {
            onCopy(chosen);
            close();
          }}
        >
          {t.availability.copyApply}
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
