/** The workspace's own providers, and the domains in which they are believed. */
import { Badge, Button, Group, Menu, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBuildingSkyscraper, IconDots } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { SignInProvider } from "@/api/types";
import { useSession } from "@/app/session";
import { useT } from "@/i18n";
import { CopyIcon } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { Section } from "@/shared/Page";
import { Answer, EmptyState } from "@/shared/states";
import { notice } from "@/shared/toast";
import { CompanyProviderForm } from "./CompanyProviderForm";
import { companyProvidersQuery } from "./company";
import { Domains } from "./Domains";
import { roleName } from "./roleName";
import security from "./security.module.css";

export function CompanySettings() {
  const t = useT();
  const query = useQuery(companyProvidersQuery);
  const [opened, { open, close }] = useDisclosure(false);
  const some = (query.data?.items.length ?? 0) > 0;
  const add = (
    <Button flex="none" variant={some ? "default" : "filled"} onClick={open}>
      {t.company.add}
    </Button>
  );
  return (
    <>
      <Section
        title={t.company.providers}
        description={t.company.providersText}
        flush
        action={some ? add : null}
      >
        <div className={security.list}>
          <Answer query={query}>
            {({ items }) =>
              items.length === 0 ? (
                <EmptyState icon={IconBuildingSkyscraper} title={t.company.noneTitle} action={add}>
                  {t.company.noneText}
                </EmptyState>
              ) : (
                <>
                  {items.map((provider) => (
                    <ProviderRow key={provider.id} provider={provider} />
                  ))}
                  <SignInAddress />
                </>
              )
            }
          </Answer>
        </div>
      </Section>
      <Domains />
      <CompanyProviderForm provider={null} opened={opened} onClose={close} />
    </>
  );
}

function SignInAddress() {
  const t = useT();
  const { tenant } = useSession();
  const address = `${window.location.origin}/sign-in/at/${tenant?.slug}`;
  return (
    <Group className={security.session} justify="space-between" wrap="nowrap">
      <div className={security.what}>
        <Text fw={500}>{t.company.address}</Text>
        <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {address}
        </Text>
      </div>
      <CopyIcon value={address} label={t.company.copyAddress} />
    </Group>
  );
}

function ProviderRow({ provider }: { provider: SignInProvider }) {
  const t = useT();
  const [editing, edit] = useDisclosure(false);
  const [removing, remove] = useDisclosure(false);
  const path = { id: provider.id };
  const check = useChange<void, { outcome: "ready" | "unreachable" | "refused" }>({
    run: () => take(api.POST("/api/v1/tenant/sign-in-providers/{id}/checks", { params: { path } })),
    stale: [],
    done: ({ outcome }) => notice(t.company.checks[outcome]),
  });
  const gone = useChange<void>({
    run: () =>
      take(
        api.DELETE("/api/v1/tenant/sign-in-providers/{id}", { params: { path, header: ifMatch(provider) } }),
      ),
    stale: [keys.companyProviders],
    done: () => notice(t.company.removed(provider.name)),
  });
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap" className={security.session}>
      <div className={security.what}>
        <Group gap="xs">
          <Text fw={500}>{provider.name}</Text>
          {provider.is_enabled ? null : <Badge variant="default">{t.company.off}</Badge>}
        </Group>
        <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {provider.issuer}
        </Text>
        <Text size="sm" c="dimmed">
          {[
            t.company.admits[provider.admits],
            provider.role ? roleName(provider.role.name, t) : null,
            t.company.people(provider.people),
          ]
            .filter(Boolean)
            .join(" · ")}
        </Text>
      </div>
      <Group gap="xs" wrap="nowrap" flex="none">
        <Button variant="default" size="compact-md" loading={check.isPending} onClick={() => check.mutate()}>
          {t.company.check}
        </Button>
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" size="compact-md" aria-label={t.common.actionsFor(provider.name)}>
              <IconDots size={16} aria-hidden />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={edit.open}>{t.company.change}</Menu.Item>
            <Menu.Item color="red" onClick={remove.open}>
              {t.company.remove}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Group>
      <CompanyProviderForm provider={provider} opened={editing} onClose={edit.close} />
      <Modal
        opened={removing}
        onClose={remove.close}
        title={t.company.removeTitle(provider.name)}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <Text>{t.company.removeText}</Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={remove.close}>
            {t.common.close}
          </Button>
          <Button color="red" onClick={() => gone.mutate(undefined, { onSettled: remove.close })}>
            {t.company.remove}
          </Button>
        </Group>
      </Modal>
    </Group>
  );
}
