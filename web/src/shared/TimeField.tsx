import { TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { parseTime } from "./parseTime";

interface TimeFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Whether 24:00 may be given. */
  endOfDay?: boolean;
  faulty?: boolean;
  readOnly?: boolean;
}

/** A wall time; reads "9", "9.30", "930" and "5pm" alike, and shows 24 hours so that midnight is unmistakable. */
export function TimeField({ label, value, onChange, endOfDay, faulty, readOnly }: TimeFieldProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const leave = () => {
    const time = parseTime(text, endOfDay);
    if (time === null) return onChange(text);
    setText(time);
    if (time !== value) onChange(time);
  };
  return (
    <TextInput
      w={104}
      aria-label={label}
      inputMode="text"
      maxLength={8}
      readOnly={readOnly}
      error={faulty}
      value={text}
      onChange={(e) => setText(e.currentTarget.value)}
      onBlur={leave}
      onKeyDown={(e) => {
        if (e.key === "Enter") leave();
      }}
    />
  );
}
