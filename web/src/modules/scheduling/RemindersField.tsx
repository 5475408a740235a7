/** When the invitee of an event type is reminded: some moments before the start, saved when they are chosen. */
import { MultiSelect } from "@mantine/core";
import { useT } from "@/i18n";
import { REMINDERS } from "@/modules/messaging/preferences";

const MOST = 5;

interface RemindersFieldProps {
  minutes: number[];
  error?: string;
  readOnly: boolean;
  onSave: (minutes: number[]) => void;
}

export function RemindersField({ minutes, error, readOnly, onSave }: RemindersFieldProps) {
  const t = useT();
  const choices = [...new Set([...REMINDERS, 2 * 1440, 7 * 1440, ...minutes])].sort((a, b) => a - b);
  return (
    <MultiSelect
      label={t.eventTypes.fields.reminders}
      description={t.eventTypes.hints.reminders}
      inputWrapperOrder={["label", "input", "description", "error"]}
      placeholder={minutes.length === 0 ? t.eventTypes.noReminder : undefined}
      error={error}
      readOnly={readOnly}
      maxValues={MOST}
      hidePickedOptions
      data={choices.map((value) => ({ value: String(value), label: t.notificationSettings.before(value) }))}
      value={minutes.map(String)}
      onChange={(chosen) => onSave(chosen.map(Number))}
    />
  );
}
