/** Fields that are saved when they are left. */
import { NumberInput, Textarea, TextInput } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";

interface SavedTextProps {
  name: string;
  label: string;
  description?: ReactNode;
  value: string;
  error?: string;
  readOnly: boolean;
  multiline?: boolean;
  maxLength: number;
  check?: (value: string) => string | null;
  onSave: (value: string) => void;
}

export function SavedText({
  label,
  description,
  value,
  error,
  readOnly,
  multiline,
  maxLength,
  check,
  onSave,
}: SavedTextProps) {
  const [draft, setDraft] = useState(value);
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => setDraft(value), [value]);
  const leave = () => {
    const next = draft.trim();
    const found = check?.(next) ?? null;
    setFault(found);
    if (!found && next !== value) onSave(next);
  };
  const shared = {
    label,
    description,
    readOnly,
    maxLength,
    value: draft,
    error: fault ?? error,
    onBlur: leave,
  };
  return multiline ? (
    <Textarea
      {...shared}
      autosize
      minRows={3}
      maxRows={12}
      onChange={(e) => setDraft(e.currentTarget.value)}
    />
  ) : (
    <TextInput
      {...shared}
      onChange={(e) => setDraft(e.currentTarget.value)}
      onKeyDown={(e) => {
        if (e.key === "Enter") leave();
        if (e.key === "Escape") setDraft(value);
      }}
    />
  );
}

interface SavedNumberProps {
  label: string;
  description?: string;
  suffix?: string;
  value: number | null | undefined;
  error?: string;
  min: number;
  max: number;
  step?: number;
  nullable?: boolean;
  readOnly: boolean;
  onSave: (value: number | null) => void;
}

export function SavedNumber({ value, nullable, onSave, min, max, ...rest }: SavedNumberProps) {
  const [draft, setDraft] = useState<number | string>(value ?? "");
  useEffect(() => setDraft(value ?? ""), [value]);
  return (
    <NumberInput
      {...rest}
      min={min}
      max={max}
      allowDecimal={false}
      clampBehavior="blur"
      inputWrapperOrder={["label", "input", "description", "error"]}
      value={draft}
      onChange={setDraft}
      onBlur={() => {
        const next = draft === "" ? null : Math.min(max, Math.max(min, Number(draft)));
        if (next === null && !nullable) return setDraft(value ?? "");
        if (next !== (value ?? null)) onSave(next);
      }}
    />
  );
}
