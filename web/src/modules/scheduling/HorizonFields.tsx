/** Which dates of an event type can be booked. */
import { Select, SimpleGrid } from "@mantine/core";
import { DateInput } from "@mantine/dates";
import type { EventType, EventTypeChanges } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { dateIn } from "@/shared/time";
import { SavedNumber } from "./SavedFields";

const TYPES = ["days", "days_with_slots", "dates"] as const;
const MONTH = 30 * 86_400_000;

interface HorizonFieldsProps {
  eventType: EventType;
  errors: Record<string, string>;
  readOnly: boolean;
  onSave: (changes: EventTypeChanges) => void;
}

export function HorizonFields({ eventType, errors, readOnly, onSave }: HorizonFieldsProps) {
  const t = useT();
  const { zone } = useFormats();
  const { horizon_type: type, horizon_first: first, horizon_last: last } = eventType;
  const choose = (next: string | null) => {
    if (next === "dates") {
      const now = Date.now();
      const dates = {
        horizon_first: dateIn(new Date(now), zone),
        horizon_last: dateIn(new Date(now + MONTH), zone),
      };
      onSave({ horizon_type: "dates", ...dates });
    } else if (next) {
      onSave({ horizon_type: next as EventType["horizon_type"], horizon_first: null, horizon_last: null });
    }
  };
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }}>
      <Select
        label={t.eventTypes.fields.horizon}
        readOnly={readOnly}
        allowDeselect={false}
        data={TYPES.map((value) => ({ value, label: t.eventTypes.horizons[value] }))}
        value={type}
        onChange={choose}
      />
      {type === "dates" ? (
        <SimpleGrid cols={2} spacing="xs">
          <DateInput
            label={t.eventTypes.fields.first}
            readOnly={readOnly}
            maxDate={last ?? undefined}
            value={first ?? null}
            error={errors.horizon_first}
            onChange={(date) => date && onSave({ horizon_first: date })}
          />
          <DateInput
            label={t.eventTypes.fields.last}
            readOnly={readOnly}
            minDate={first ?? undefined}
            value={last ?? null}
            error={errors.horizon_last}
            onChange={(date) => date && onSave({ horizon_last: date })}
          />
        </SimpleGrid>
      ) : (
        <SavedNumber
          label={t.eventTypes.fields.horizonDays}
          description={t.eventTypes.horizonHints[type]}
          suffix={` ${t.eventTypes.days}`}
          min={1}
          max={730}
          value={eventType.horizon_days}
          error={errors.horizon_days}
          readOnly={readOnly}
          onSave={(days) => days && onSave({ horizon_days: days })}
        />
      )}
    </SimpleGrid>
  );
}
