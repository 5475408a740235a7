/** A secret that is shown this once, with the word of warning before it. */
import { Alert, TextInput } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { type ReactNode, useEffect, useRef } from "react";
import { useT } from "@/i18n";
import classes from "./shownSecret.module.css";

/** `children` stand between the two. */
export function ShownSecret({
  label,
  secret,
  children,
}: {
  label: string;
  secret: string;
  children?: ReactNode;
}) {
  const t = useT();
  const field = useRef<HTMLInputElement>(null);
  // The button that had the focus is gone with the form.
  useEffect(() => field.current?.select(), []);
  return (
    <>
      <Alert
        color="yellow"
        variant="outline"
        title={t.tokens.secretTitle}
        icon={<IconAlertTriangle size={20} aria-hidden />}
        role="alert"
      >
        {t.tokens.secretText}
      </Alert>
      {children}
      <TextInput
        ref={field}
        label={label}
        value={secret}
        readOnly
        autoComplete="off"
        spellCheck={false}
        onFocus={(event) => event.currentTarget.select()}
        classNames={{ input: classes.secret, label: classes.label }}
      />
    </>
  );
}
