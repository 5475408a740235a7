/** For what cannot be undone: asks for the name before it is done. */
import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useT } from "@/i18n";

export function TypedDialog({
  opened,
  onClose,
  title,
  text,
  label,
  expected,
  button,
  pending,
  onConfirm,
  error,
}: {
  opened: boolean;
  onClose: () => void;
  title: string;
  text: string;
  label: string;
  expected: string;
  button: string;
  pending: boolean;
  onConfirm: (typed: string) => void;
  error?: string | null;
}) {
  const t = useT();
  const [typed, setTyped] = useState("");
  const matches = typed.trim().toLowerCase() === expected.trim().toLowerCase();
  const close = () => {
    setTyped("");
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title={title} closeButtonProps={{ "aria-label": t.common.close }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (matches) onConfirm(typed.trim());
        }}
      >
        <Stack>
          <Text>{text}</Text>
          <TextInput
            label={label}
            data-autofocus
            autoComplete="off"
            value={typed}
            error={error}
            onChange={(event) => setTyped(event.currentTarget.value)}
            styles={{ label: { overflowWrap: "anywhere" } }}
          />
          <Group justify="flex-end">
            <Button type="submit" color="red" disabled={!matches} loading={pending}>
              {button}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
