/** Dates on which one is open otherwise than in the week, or not at all. */
import { ActionIcon, Button, Group, Popover, SegmentedControl, Stack, Text } from "@mantine/core";
import { Calendar, DatePickerInput } from "@mantine/dates";
import { useDisclosure } from "@mantine/hooks";
import { IconCalendarPlus, IconTrash } from "@tabler/icons-react";
import type { DateOverride } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { dateIn } from "@/shared/time";
import { addRange, byDate, datesOf, type OverrideDay, toggleDate } from "./overrides";
import { Windows } from "./WeekEditor";
import { addWindow } from "./week";
import classes from "./week.module.css";

interface OverridesEditorProps {
  overrides: DateOverride[];
  zone: string;
  onChange: (overrides: DateOverride[]) => void;
  readOnly: boolean;
}

export function OverridesEditor({ overrides, zone, onChange, readOnly }: OverridesEditorProps) {
  const t = useT();
  const f = useFormats();
  const [picking, { toggle, close }] = useDisclosure(false);
  const today = dateIn(new Date(), zone);
  const days = byDate(overrides);
  const chosen = new Set(days.map((day) => day.date));
  const set = (date: string, next: OverrideDay | null) =>
    onChange(datesOf(days.flatMap((day) => (day.date === date ? (next ? [next] : []) : [day]))));
  return (
    <>
      {days.length === 0 ? <Text c="dimmed">{t.availability.noOverrides}</Text> : null}
      {days.map((day) => (
        <div key={day.date} className={classes.override}>
          <Text fw={500} pt={6} c={day.date < today ? "dimmed" : undefined}>
            {f.shortDay(day.date)} {day.date.slice(0, 4)}
          </Text>
          <Stack gap={6}>
            <SegmentedControl
              size="xs"
              w="fit-content"
              aria-label={f.day(day.date)}
              readOnly={readOnly}
              value={day.windows.length > 0 ? "open" : "closed"}
              data={[
                { value: "closed", label: t.availability.dayOff },
                { value: "open", label: t.availability.otherHours },
              ]}
              onChange={(value) => set(day.date, { ...day, windows: value === "open" ? addWindow([]) : [] })}
            />
            {day.windows.length > 0 ? (
              <Windows
                windows={day.windows}
                readOnly={readOnly}
                label={f.day(day.date)}
                onChange={(windows) => set(day.date, { ...day, windows })}
              />
            ) : null}
            {day.windows.length > 0 && !readOnly ? (
              <Group>
                <Button
                  size="compact-sm"
                  variant="subtle"
                  onClick={() => set(day.date, { ...day, windows: addWindow(day.windows) })}
                >
                  {t.availability.addWindow}
                </Button>
              </Group>
            ) : null}
          </Stack>
          {readOnly ? null : (
            <ActionIcon
              aria-label={t.availability.removeOverride(f.day(day.date))}
              onClick={() => set(day.date, null)}
            >
              <IconTrash size={18} />
            </ActionIcon>
          )}
        </div>
      ))}
      {readOnly ? null : (
        <Popover
          opened={picking}
          onChange={(open) => !open && close()}
          position="top-start"
          withArrow
          trapFocus
        >
          <Popover.Target>
            <Button
              mt="md"
              variant="default"
              leftSection={<IconCalendarPlus size={16} aria-hidden />}
              onClick={toggle}
              aria-expanded={picking}
            >
              {t.availability.addDates}
            </Button>
          </Popover.Target>
          <Popover.Dropdown>
            <Calendar
              minDate={today}
              maxLevel="month"
              ariaLabels={{ previousMonth: t.dates.previousMonth, nextMonth: t.dates.nextMonth }}
              getDayProps={(date) => ({
                selected: chosen.has(date),
                "aria-label": f.day(date),
                "aria-pressed": chosen.has(date),
                onClick: () => onChange(datesOf(toggleDate(days, date))),
              })}
            />
            <DatePickerInput
              mt="xs"
              type="range"
              label={t.availability.addRange}
              placeholder={t.availability.rangeText}
              minDate={today}
              allowSingleDateInRange
              popoverProps={{ withinPortal: false }}
              value={[null, null]}
              onChange={([from, to]) => from && to && onChange(datesOf(addRange(days, from, to)))}
            />
            <Button fullWidth mt="xs" variant="default" onClick={close}>
              {t.common.done}
            </Button>
          </Popover.Dropdown>
        </Popover>
      )}
    </>
  );
}
