/** The secret of an app, shown this once. */
import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useT } from "@/i18n";
import { CopyButton } from "@/shared/bits";
import { ShownSecret } from "@/shared/ShownSecret";
import classes from "./oauth.module.css";

export function AppSecret({
  issued,
  onDone,
}: {
  issued: { client_id: string; client_secret?: string | null };
  onDone: () => void;
}) {
  const t = useT();
  const secret = issued.client_secret ?? "";
  return (
    <Stack>
      <ShownSecret label={t.apps.secret} secret={secret}>
        <TextInput
          label={t.apps.clientId}
          value={issued.client_id}
          readOnly
          classNames={{ input: classes.mono }}
        />
      </ShownSecret>
      <Group justify="space-between">
        <CopyButton value={secret} label={t.tokens.copy} />
        <Button onClick={onDone}>{t.common.done}</Button>
      </Group>
    </Stack>
  );
}
