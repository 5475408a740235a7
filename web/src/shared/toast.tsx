/** Short notices: what happened, with undo for ten seconds; what was refused, with the request id behind it. */
import { Button, Code, Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { asProblem, problemText } from "@/api/problem";
import type { Catalogue } from "@/i18n/en";

const UNDO_MS = 10_000;

export function notice(message: string): void {
  // It goes by itself, so that it needs no button.
  notifications.show({ message, autoClose: 4000, withBorder: true, withCloseButton: false });
}

export function undoNotice(message: string, t: Catalogue, undo: () => void): void {
  const id = crypto.randomUUID();
  notifications.show({
    id,
    autoClose: UNDO_MS,
    withBorder: true,
    withCloseButton: true,
    closeButtonProps: { "aria-label": t.common.close },
    message: (
      <Group justify="space-between" wrap="nowrap" gap="md">
        <Text size="md">{message}</Text>
        <Button
          variant="light"
          size="compact-md"
          onClick={() => {
            notifications.hide(id);
            undo();
          }}
        >
          {t.common.undo}
        </Button>
      </Group>
    ),
  });
}

export function refusal(error: unknown, t: Catalogue, title?: string): void {
  const problem = asProblem(error);
  // Who cancelled knows it.
  if (problem.code === "step_up_required") {
    notice(t.factors.notConfirmed);
    return;
  }
  notifications.show({
    color: "red",
    withBorder: true,
    autoClose: 8000,
    title: title ?? t.problems.refused,
    closeButtonProps: { "aria-label": t.common.close },
    message: (
      <Stack gap={4}>
        <Text size="md">{problemText(problem, t)}</Text>
        {problem.requestId && problem.status >= 500 ? (
          <Text size="xs" c="dimmed">
            {t.problems.requestId} <Code>{problem.requestId}</Code>
          </Text>
        ) : null}
      </Stack>
    ),
  });
}
