/** Apps that sign people in through Atrium or act for them: of the workspace, and of the whole instance. */
import { Badge, Button, Group, Menu, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconApps, IconDots } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { OAuthClient } from "@/api/types";
import { useMay, useSession } from "@/app/session";
import { useT } from "@/i18n";
import { useChange } from "@/shared/change";
import { Section } from "@/shared/Page";
import { Answer, EmptyState } from "@/shared/states";
import { TypedDialog } from "@/shared/TypedDialog";
import { notice, refusal } from "@/shared/toast";
import security from "../security.module.css";
import { AppForm } from "./AppForm";
import { AppSecret } from "./AppSecret";
import { Mark } from "./Ask";
import { INSTANCE, type Realm, WORKSPACE } from "./apps";
import classes from "./oauth.module.css";

export function Apps() {
  const t = useT();
  const may = useMay();
  const { user } = useSession();
  return (
    <>
      {may("oauth_clients:manage") ? (
        <Realms realm={WORKSPACE} title={t.apps.title} text={t.apps.text} />
      ) : null}
      {user.is_platform_admin ? (
        <Realms realm={INSTANCE} title={t.apps.instanceTitle} text={t.apps.instanceText} />
      ) : null}
    </>
  );
}

function Realms({ realm, title, text }: { realm: Realm; title: string; text: string }) {
  const t = useT();
  const query = useQuery({ queryKey: [realm.key], queryFn: realm.list });
  const [opened, { open, close }] = useDisclosure(false);
  const some = (query.data?.items.length ?? 0) > 0;
  const button = (
    <Button flex="none" variant={some ? "default" : "filled"} onClick={open}>
      {t.apps.create}
    </Button>
  );
  return (
    <Section title={title} description={text} flush action={some ? button : null}>
      <div className={security.list}>
        <Answer query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState icon={IconApps} title={t.apps.noneTitle} action={button}>
                {t.apps.noneText}
              </EmptyState>
            ) : (
              items.map((app) => <AppRow key={app.id} realm={realm} app={app} />)
            )
          }
        </Answer>
      </div>
      <AppForm realm={realm} app={null} opened={opened} onClose={close} />
    </Section>
  );
}

function AppRow({ realm, app }: { realm: Realm; app: OAuthClient }) {
  const t = useT();
  const [editing, edit] = useDisclosure(false);
  const [removing, remove] = useDisclosure(false);
  const renew = useMutation({
    mutationFn: () => realm.renew(app),
    gcTime: 0,
    onError: (error) => refusal(error, t),
  });
  const toggle = useChange<boolean>({
    run: (enabled) => realm.change(app, { enabled }),
    stale: [realm.key],
    done: (_, enabled) => notice(enabled ? t.apps.enabled(app.name) : t.apps.disabled(app.name)),
  });
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap" className={security.session}>
      <Group wrap="nowrap" align="flex-start" miw={0}>
        <Mark text={app.logo_text} />
        <div className={security.what}>
          <Group gap="xs">
            <Text fw={500} className={classes.name}>
              {app.name}
            </Text>
            {app.enabled ? null : <Badge variant="default">{t.apps.off}</Badge>}
          </Group>
          <Text size="sm" c="dimmed">
            {t.apps.kinds[app.kind]}
          </Text>
          <Text size="sm" className={classes.mono}>
            {app.client_id}
          </Text>
        </div>
      </Group>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" size="compact-md" flex="none" aria-label={t.apps.actions(app.name)}>
            <IconDots size={16} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={edit.open}>{t.apps.change}</Menu.Item>
          {app.authentication === "secret" ? (
            <Menu.Item onClick={() => renew.mutate()}>{t.apps.renew}</Menu.Item>
          ) : null}
          <Menu.Item onClick={() => toggle.mutate(!app.enabled)}>
            {app.enabled ? t.apps.disable : t.apps.enable}
          </Menu.Item>
          <Menu.Item color="red" onClick={remove.open}>
            {t.apps.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <AppForm key={`${app.version}`} realm={realm} app={app} opened={editing} onClose={edit.close} />
      <Removal realm={realm} app={app} opened={removing} onClose={remove.close} />
      <Modal
        opened={renew.data !== undefined}
        onClose={() => renew.reset()}
        title={t.apps.renewed}
        closeOnClickOutside={false}
        closeOnEscape={false}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        {renew.data ? <AppSecret issued={renew.data} onDone={() => renew.reset()} /> : null}
      </Modal>
    </Group>
  );
}

/** What people connected is not given up without the name. */
function Removal({
  realm,
  app,
  opened,
  onClose,
}: {
  realm: Realm;
  app: OAuthClient;
  opened: boolean;
  onClose: () => void;
}) {
  const t = useT();
  const remove = useChange<void>({
    run: () => realm.remove(app),
    stale: [realm.key],
    done: () => notice(t.apps.removed(app.name)),
  });
  return (
    <TypedDialog
      opened={opened}
      onClose={onClose}
      title={t.apps.removeTitle}
      text={t.apps.removeText}
      label={t.contacts.deleteConfirm(app.name)}
      expected={app.name}
      button={t.apps.remove}
      pending={remove.isPending}
      onConfirm={() => remove.mutate()}
    />
  );
}
