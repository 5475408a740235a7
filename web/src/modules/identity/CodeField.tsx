import { TextInput } from "@mantine/core";
import type { Ref } from "react";
import { useT } from "@/i18n";
import classes from "./factors.module.css";

const DIGITS = 6;

/** Six digits of an authenticator app, typed, pasted or filled in; the last one sends them. */
export function CodeField({
  label,
  value,
  onChange,
  onComplete,
  error,
  busy,
  ref,
}: {
  label: string;
  value: string;
  onChange: (digits: string) => void;
  onComplete: (digits: string) => void;
  error: string | null;
  busy: boolean;
  ref?: Ref<HTMLInputElement>;
}) {
  const t = useT();
  return (
    <TextInput
      ref={ref}
      label={label}
      description={t.factors.codeText}
      inputMode="numeric"
      autoComplete="one-time-code"
      spellCheck={false}
      data-autofocus
      value={value}
      // A field that is disabled would lose the focus.
      readOnly={busy}
      onChange={(event) => {
        const digits = event.currentTarget.value.replace(/\D/g, "").slice(0, DIGITS);
        onChange(digits);
        if (digits.length === DIGITS && digits !== value) onComplete(digits);
      }}
      error={error}
      errorProps={{ role: "alert" }}
      aria-invalid={Boolean(error)}
      classNames={{ input: classes.code }}
    />
  );
}
