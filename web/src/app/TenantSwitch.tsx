/** The workspace one is in, and the others one belongs to. */
import { Button, Menu, Modal, Stack, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconBuilding, IconCheck, IconChevronDown, IconPlus } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, take } from "@/api/client";
import type { Session } from "@/api/types";
import { useT } from "@/i18n";
import { browserZone } from "@/shared/time";
import { refusal } from "@/shared/toast";
import classes from "./frame.module.css";
import { enter } from "./session";

export function TenantSwitch({ session }: { session: Session }) {
  const t = useT();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [creating, { open, close }] = useDisclosure(false);

  const change = useMutation({
    mutationFn: (tenant_id: string) => take(api.POST("/api/v1/session/tenant", { body: { tenant_id } })),
    onSuccess: async (next) => {
      enter(client, next);
      close();
      await navigate({ to: next.tenant?.onboarding_status === "completed" ? "/" : "/onboarding" });
    },
    onError: (error) => refusal(error, t),
  });
  const create = useMutation({
    mutationFn: (name: string) =>
      take(api.POST("/api/v1/tenants", { body: { name, timezone: browserZone() } })),
    onSuccess: (tenant) => change.mutate(tenant.id),
    onError: (error) => refusal(error, t),
  });
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "" },
    validate: { name: (v) => (v.trim() ? null : t.forms.required) },
  });

  return (
    <>
      <Menu position="bottom-start" width={260}>
        <Menu.Target>
          <UnstyledButton
            className={classes.switch}
            aria-label={t.tenants.switch(session.tenant?.name ?? "")}
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
              disabled={change.isPending}
              rightSection={tenant.id === session.tenant?.id ? <IconCheck size={16} aria-hidden /> : null}
              onClick={() => tenant.id !== session.tenant?.id && change.mutate(tenant.id)}
            >
              <Text truncate>{tenant.name}</Text>
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
        <form onSubmit={form.onSubmit(({ name }) => create.mutate(name.trim()))}>
          <Stack>
            <TextInput
              label={t.auth.company}
              maxLength={120}
              data-autofocus
              key={form.key("name")}
              {...form.getInputProps("name")}
            />
            <Button type="submit" loading={create.isPending || change.isPending}>
              {t.common.create}
            </Button>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
