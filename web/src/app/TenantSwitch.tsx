/** The workspace one is in, and the others one belongs to. */
import { Menu, Modal, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBuilding, IconCheck, IconChevronDown, IconPlus } from "@tabler/icons-react";
import type { Session } from "@/api/types";
import { useT } from "@/i18n";
import classes from "./frame.module.css";
import { closedWord, NewWorkspace, useEnterWorkspace, useKeepWorkspace } from "./workspaces";

export function TenantSwitch({ session }: { session: Session }) {
  const t = useT();
  const [creating, { open, close }] = useDisclosure(false);
  const change = useEnterWorkspace();
  const keep = useKeepWorkspace();
  // Whoever is here for support leaves first; the banner does that.
  if (session.lease) {
    return (
      <Text component="span" className={classes.switch}>
        <IconBuilding size={18} stroke={1.6} aria-hidden />
        <span className={classes.switchName}>{session.tenant?.name}</span>
      </Text>
    );
  }
  return (
    <>
      <Menu position="bottom-start" width={260}>
        <Menu.Target>
          <UnstyledButton
            className={classes.switch}
            aria-label={t.tenants.switch(session.tenant?.name ?? t.tenants.none)}
          >
            <IconBuilding size={18} stroke={1.6} aria-hidden />
            <span className={classes.switchName}>{session.tenant?.name ?? t.tenants.none}</span>
            <IconChevronDown size={14} aria-hidden />
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t.tenants.title}</Menu.Label>
          {session.tenants.map((tenant) => (
            <Menu.Item
              key={tenant.id}
              disabled={change.isPending || !["active", "pending_deletion"].includes(tenant.status)}
              rightSection={tenant.id === session.tenant?.id ? <IconCheck size={16} aria-hidden /> : null}
              onClick={() => {
                if (tenant.status === "pending_deletion") return keep.mutate(tenant);
                if (tenant.id !== session.tenant?.id) change.mutate(tenant.id);
              }}
            >
              <Text truncate>{tenant.name}</Text>
              {tenant.status === "active" ? null : (
                <Text size="sm" c="dimmed">
                  {closedWord(tenant.status, t)}
                  {tenant.status === "pending_deletion" ? ` · ${t.lives.keep}` : ""}
                </Text>
              )}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
            {t.tenants.create}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={creating}
        onClose={close}
        title={t.tenants.create}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <NewWorkspace entered={close} />
      </Modal>
    </>
  );
}
