/** A length of time in minutes, hours or days; kept in minutes. */
import { NumberInput, Select } from "@mantine/core";
import { useState } from "react";
import { useT } from "@/i18n";
import { UNITS, type Unit, unitOf } from "./words";
import classes from "./workflows.module.css";

const MOST = 525_600;

export function Duration({
  label,
  minutes,
  min,
  onChange,
  disabled,
}: {
  label: string;
  minutes: number;
  min: number;
  onChange: (minutes: number) => void;
  disabled?: boolean | undefined;
}) {
  const t = useT();
  const [unit, setUnit] = useState<Unit>(unitOf(minutes));
  const set = (count: number, of: Unit) =>
    onChange(Math.min(MOST, Math.max(min, Math.round(count * UNITS[of]))));
  return (
    <div className={classes.duration}>
      <NumberInput
        label={label}
        value={minutes / UNITS[unit]}
        min={min}
        max={MOST / UNITS[unit]}
        decimalScale={2}
        onChange={(value) => set(Number(value) || 0, unit)}
        disabled={disabled}
      />
      <Select
        aria-label={`${label}: ${t.workflows.unit}`}
        value={unit}
        allowDeselect={false}
        data={(Object.keys(UNITS) as Unit[]).map((value) => ({ value, label: t.workflows.units[value] }))}
        onChange={(value) => {
          const next = (value ?? "minutes") as Unit;
          set(minutes / UNITS[unit], next);
          setUnit(next);
        }}
        disabled={disabled}
      />
    </div>
  );
}
