/** Recovery codes that have just been made, shown this once. */
import { Button, Checkbox, Group, Modal, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { useFormats, useSession } from "@/app/session";
import { useT } from "@/i18n";
import { CopyButton } from "@/shared/bits";
import classes from "./factors.module.css";

export function KeepCodes({ codes, onClose }: { codes: string[] | null; onClose: () => void }) {
  const t = useT();
  return (
    <Modal
      opened={codes !== null}
      onClose={onClose}
      title={t.factors.keepTitle}
      size={620}
      // What is shown once is not lost by a slip.
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <Shown codes={codes ?? []} onClose={onClose} />
    </Modal>
  );
}

function Shown({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const t = useT();
  const f = useFormats();
  const { user } = useSession();
  const [kept, setKept] = useState(false);
  const save = () => {
    const title = t.factors.fileTitle(user.email, f.date(new Date().toISOString()));
    const file = new Blob([`${title}\n\n${codes.join("\n")}\n`], { type: "text/plain" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "atrium-recovery-codes.txt";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <Stack>
      <Text>{t.factors.keepText}</Text>
      <ol className={classes.codes}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <Group gap="xs">
        <CopyButton value={codes.join("\n")} label={t.factors.copy} />
        <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />} onClick={save}>
          {t.factors.download}
        </Button>
      </Group>
      <Group justify="space-between">
        <Checkbox
          label={t.factors.kept}
          checked={kept}
          onChange={(event) => setKept(event.currentTarget.checked)}
          data-autofocus
        />
        <Button disabled={!kept} onClick={onClose}>
          {t.common.done}
        </Button>
      </Group>
    </Stack>
  );
}
