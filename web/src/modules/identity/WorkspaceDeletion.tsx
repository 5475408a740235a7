/** The end of the workspace, for its owners. */
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import type { Tenant } from "@/api/types";
import { sessionQuery, useSession } from "@/app/session";
import { useT } from "@/i18n";
import { Section } from "@/shared/Page";
import { TypedDialog } from "@/shared/TypedDialog";
import { refusal } from "@/shared/toast";

export function WorkspaceDeletion({ tenant }: { tenant: Tenant }) {
  const t = useT();
  const session = useSession();
  const client = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  const remove = useMutation({
    mutationFn: (name: string) =>
      take(
        api.POST("/api/v1/tenants/{id}/deletion", {
          params: { path: { id: tenant.id } },
          // As it is written, whatever case was typed.
          body: { name: name.toLowerCase() === tenant.name.toLowerCase() ? tenant.name : name },
        }),
      ),
    onSuccess: () => {
      close();
      void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
    onError: (error) => refusal(error, t),
  });
  if (!session.roles.includes("owner")) return null;
  return (
    <Section title={t.lives.delete} description={t.lives.deleteText}>
      <Button variant="default" onClick={open}>
        {t.lives.deleteButton}
      </Button>
      <TypedDialog
        opened={opened}
        onClose={close}
        title={t.lives.delete}
        text={t.lives.deleteText}
        label={t.lives.deleteConfirm(tenant.name)}
        expected={tenant.name}
        button={t.lives.deleteButton}
        pending={remove.isPending}
        onConfirm={(name) => remove.mutate(name)}
      />
    </Section>
  );
}
