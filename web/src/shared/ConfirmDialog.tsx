/** For what cannot be undone and is quickly asked for by mistake: one question, whose answer is not the first button. */
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useT } from "@/i18n";

export function ConfirmDialog({
  opened,
  onClose,
  title,
  text,
  button,
  onConfirm,
}: {
  opened: boolean;
  onClose: () => void;
  title: string;
  text: string;
  button: string;
  onConfirm: () => void;
}) {
  const t = useT();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      <Stack>
        <Text>{text}</Text>
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>
            {t.common.keep}
          </Button>
          <Button
            color="red"
            onClick={() => {
              onClose();
              onConfirm();
            }}
          >
            {button}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
