/** For who is no administrator of the instance: whose the mailbox is, and how one becomes one of them. */
import { Button, Code } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { asProblem } from "@/api/problem";
import { sessionQuery, useSession } from "@/app/session";
import { useT } from "@/i18n";
import { EmptyState } from "@/shared/states";

/** Whether the mailbox is closed to the reader, as the session or the server's answer says. */
export function useMailboxLocked(error: unknown): boolean {
  const session = useSession();
  return !session.user.is_platform_admin || (error != null && asProblem(error).code === "forbidden");
}

export function MailboxLocked({ retry }: { retry: () => void }) {
  const t = useT();
  const session = useSession();
  const client = useQueryClient();
  const again = () => {
    void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    if (session.user.is_platform_admin) retry();
  };
  return (
    <EmptyState
      icon={IconLock}
      title={t.mailbox.lockedTitle}
      action={
        <Button variant="default" onClick={again}>
          {t.common.retry}
        </Button>
      }
    >
      {t.mailbox.lockedText}
      <Code block mt="sm">
        atrium user promote {session.user.email}
      </Code>
    </EmptyState>
  );
}
