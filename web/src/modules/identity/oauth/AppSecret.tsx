/** The secret of an app, shown this once. */
import { Alert, Button, Group, Stack, TextInput } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { useT } from "@/i18n";
import { CopyButton } from "@/shared/bits";
import classes from "./oauth.module.css";

export function AppSecret({
  issued,
  onDone,
}: {
  issued: { client_id: string; client_secret?: string | null };
  onDone: () => void;
}) {
  const t = useT();
  const field = useRef<HTMLInputElement>(null);
  // The button that had the focus is gone with the form.
  useEffect(() => field.current?.select(), []);
  const secret = issued.client_secret ?? "";
  return (
    <Stack>
      <Alert
        color="yellow"
        variant="outline"
        title={t.tokens.secretTitle}
        icon={<IconAlertTriangle size={20} aria-hidden />}
        role="alert"
      >
        {t.tokens.secretText}
      </Alert>
      <TextInput
        label={t.apps.clientId}
        value={issued.client_id}
        readOnly
        classNames={{ input: classes.mono }}
      />
      <TextInput
        ref={field}
        label={t.apps.secret}
        value={secret}
        readOnly
        autoComplete="off"
        spellCheck={false}
        onFocus={(event) => event.currentTarget.select()}
        classNames={{ input: classes.mono }}
      />
      <Group justify="space-between">
        <CopyButton value={secret} label={t.tokens.copy} />
        <Button onClick={onDone}>{t.common.done}</Button>
      </Group>
    </Stack>
  );
}
