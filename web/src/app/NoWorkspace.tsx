/** For who is signed in but acts in no workspace: what helps, instead of screens that could only refuse. */
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBuilding, IconLogout, IconPlus, IconSettings } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Session } from "@/api/types";
import { nearestLocale, useLanguage, useT } from "@/i18n";
import { AuthShell } from "@/modules/identity/AuthShell";
import { LinkButton } from "@/shared/links";
import { onSessionElsewhere, sessionQuery } from "./session";
import { useSignOut } from "./useSignOut";
import { closedWord, NewWorkspace, useEnterWorkspace, useKeepWorkspace } from "./workspaces";

export function NoWorkspace({ session }: { session: Session }) {
  const t = useT();
  const { setLocale } = useLanguage();
  const client = useQueryClient();
  const leave = useSignOut();
  const change = useEnterWorkspace();
  const keep = useKeepWorkspace();
  const [creating, { open, close }] = useDisclosure(false);
  const others = session.tenants;

  const own = nearestLocale([session.user.locale]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, so that another language can be chosen here
  useEffect(() => setLocale(own), [own]);

  // An invitation accepted in another tab ends this state.
  useEffect(
    () => onSessionElsewhere(() => void client.invalidateQueries({ queryKey: sessionQuery.queryKey })),
    [client],
  );

  return (
    <AuthShell
      wide
      title={others.length > 0 ? t.noWorkspace.closedTitle : t.noWorkspace.title}
      text={others.length > 0 ? t.noWorkspace.closedText : t.noWorkspace.text}
      foot={t.noWorkspace.signedInAs(session.user.email)}
    >
      <Stack>
        {others.length > 0 ? (
          <Stack gap="xs">
            {others.map((tenant) => (
              <Group key={tenant.id} justify="space-between" wrap="nowrap">
                <Group gap="xs" wrap="nowrap" miw={0}>
                  <IconBuilding size={18} aria-hidden />
                  <Text truncate>{tenant.name}</Text>
                </Group>
                {tenant.status === "active" ? (
                  <Button
                    variant="default"
                    flex="none"
                    aria-label={t.noWorkspace.enterNamed(tenant.name)}
                    loading={change.isPending && change.variables === tenant.id}
                    onClick={() => change.mutate(tenant.id)}
                  >
                    {t.noWorkspace.enter}
                  </Button>
                ) : (
                  <Group gap="xs" wrap="nowrap" flex="none">
                    <Text c="dimmed" size="sm">
                      {closedWord(tenant.status, t)}
                    </Text>
                    {tenant.status === "pending_deletion" ? (
                      <Button
                        variant="default"
                        size="compact-md"
                        aria-label={t.lives.keepNamed(tenant.name)}
                        loading={keep.isPending}
                        onClick={() => keep.mutate(tenant)}
                      >
                        {t.lives.keep}
                      </Button>
                    ) : null}
                  </Group>
                )}
              </Group>
            ))}
          </Stack>
        ) : null}
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
          {t.noWorkspace.create}
        </Button>
        <Group grow>
          <LinkButton
            to="/settings/profile"
            variant="default"
            leftSection={<IconSettings size={16} aria-hidden />}
          >
            {t.nav.settings}
          </LinkButton>
          <Button
            variant="default"
            leftSection={<IconLogout size={16} aria-hidden />}
            loading={leave.isPending}
            onClick={() => leave.mutate()}
          >
            {t.profile.signOut}
          </Button>
        </Group>
      </Stack>
      <Modal
        opened={creating}
        onClose={close}
        title={t.noWorkspace.create}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <NewWorkspace entered={close} />
      </Modal>
    </AuthShell>
  );
}
