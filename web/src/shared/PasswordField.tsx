import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { useT } from "@/i18n";

/** A password that can be shown. Mantine's own neither says that it is wrong nor lets the keyboard show it. */
export function PasswordField({ error, description, ...props }: PasswordInputProps) {
  const t = useT();
  return (
    <PasswordInput
      {...props}
      error={error}
      // The rule is not said twice.
      description={error === description ? undefined : description}
      aria-invalid={Boolean(error)}
      visibilityToggleFocusable
      visibilityToggleButtonProps={{ "aria-label": t.auth.showPassword }}
    />
  );
}
