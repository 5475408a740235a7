/** From one day to another, both included; either may be open. */
import { DatePickerInput } from "@mantine/dates";
import { useT } from "@/i18n";

export type Period = [from: string | null, to: string | null];

export function PeriodField({ value, onChange }: { value: Period; onChange: (period: Period) => void }) {
  const t = useT();
  return (
    <DatePickerInput
      type="range"
      title={t.audit.period}
      placeholder={t.audit.anyTime}
      clearable
      clearButtonProps={{ "aria-label": t.common.clear }}
      allowSingleDateInRange
      w={220}
      value={value}
      onChange={onChange}
    />
  );
}
