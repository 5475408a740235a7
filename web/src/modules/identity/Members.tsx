/** Who works here: roles changed, access taken and given back. */
import { ActionIcon, Badge, Group, Menu, MultiSelect, Table, Text } from "@mantine/core";
import { IconDots, IconUserCheck, IconUserOff, IconUserPlus, IconUsers } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Member } from "@/api/types";
import { useMay, useSession } from "@/app/session";
import { useT } from "@/i18n";
import { Person, When } from "@/shared/bits";
import { wordFor } from "@/shared/eventText";
import { LinkAnchor, LinkButton } from "@/shared/links";
import { Page } from "@/shared/Page";
import { ListWithPanel, Panel } from "@/shared/Panel";
import { MoreRows, pagesOf } from "@/shared/pages";
import { SearchField } from "@/shared/SearchField";
import { Answer, EmptyState } from "@/shared/states";
import { LinkTabs } from "@/shared/Tabs";
import table from "@/shared/table.module.css";
import { MemberRecord, useMemberChange } from "./MemberRecord";
import { rolesQuery } from "./queries";
import { roleName } from "./roleName";
import { covers } from "./roleRights";

const route = getRouteApi("/app/members");

export function MembersTabs({ active }: { active: "members" | "invitations" }) {
  const t = useT();
  const may = useMay();
  if (!may("invitations:read")) return null;
  return (
    <LinkTabs
      label={t.nav.members}
      tabs={[
        { label: t.nav.members, link: { to: "/members" }, active: active === "members" },
        {
          label: t.invitations.title,
          link: { to: "/members/invitations" },
          active: active === "invitations",
        },
      ]}
    />
  );
}

export function Members() {
  const t = useT();
  const may = useMay();
  const navigate = useNavigate({ from: "/members" });
  const { q, status, open } = route.useSearch();
  const setOpen = (id: string | undefined) => void navigate({ search: (s) => ({ ...s, open: id }) });
  const query = useInfiniteQuery(
    pagesOf([keys.members, { q, status }], (cursor, signal) =>
      take(api.GET("/api/v1/members", { params: { query: { cursor, q, status, limit: 50 } }, signal })),
    ),
  );
  return (
    <Page
      title={t.nav.members}
      action={
        may("invitations:write") ? (
          <LinkButton
            to="/members/invitations"
            search={{ create: true }}
            leftSection={<IconUserPlus size={16} aria-hidden />}
          >
            {t.invitations.create}
          </LinkButton>
        ) : null
      }
    >
      <MembersTabs active="members" />
      <div className={table.toolbar}>
        <SearchField
          label={t.members.search}
          value={q}
          onSearch={(next) => void navigate({ search: (s) => ({ ...s, q: next }), replace: true })}
        />
      </div>
      <ListWithPanel
        panel={
          open ? (
            <Panel
              key={open}
              label={t.members.one}
              onClose={() => setOpen(undefined)}
              full={{ to: "/members/$id", params: { id: open } }}
            >
              <MemberRecord id={open} inPanel />
            </Panel>
          ) : null
        }
      >
        <Answer query={query}>
          {(members) =>
            members.length === 0 ? (
              <EmptyState icon={IconUsers} title={t.members.noneTitle}>
                {t.members.noneText}
              </EmptyState>
            ) : (
              <>
                <div className={table.wrap}>
                  <Table className={`${table.table} ${table.stack}`} aria-label={t.nav.members}>
                    <Table.Thead>
                      <Table.Tr>
                        <Table.Th>{t.members.name}</Table.Th>
                        <Table.Th>{t.members.roles}</Table.Th>
                        <Table.Th>{t.members.status}</Table.Th>
                        <Table.Th visibleFrom="md">{t.members.lastActive}</Table.Th>
                        <Table.Th w={48}>
                          <span className="visually-hidden">{t.common.actions}</span>
                        </Table.Th>
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {members.map((member) => (
                        <MemberRow key={member.user_id} member={member} />
                      ))}
                    </Table.Tbody>
                  </Table>
                </div>
                <MoreRows query={query} />
              </>
            )
          }
        </Answer>
      </ListWithPanel>
    </Page>
  );
}

function MemberRow({ member }: { member: Member }) {
  const t = useT();
  const may = useMay();
  const session = useSession();
  const self = member.user_id === session.user.id;
  const writable = may("members:write") && !self;
  const roles = useQuery({ ...rolesQuery, enabled: writable });

  const save = useMemberChange(member, roles.data?.items ?? []);

  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="sm" wrap="nowrap">
          <Person name={member.name} />
          <div className={table.who}>
            <Text className={table.cell} fw={500}>
              <LinkAnchor
                from="/members"
                to="/members"
                search={(s) => ({ ...s, open: member.user_id })}
                inherit
                c="inherit"
              >
                {member.name}
              </LinkAnchor>{" "}
              {self ? (
                <Text span c="dimmed">
                  ({t.members.you})
                </Text>
              ) : null}
            </Text>
            <Text className={table.cell} size="sm" c="dimmed">
              {member.email}
            </Text>
          </div>
        </Group>
      </Table.Td>
      <Table.Td>
        {writable && roles.data ? (
          <MultiSelect
            aria-label={t.members.rolesOf(member.name)}
            size="xs"
            miw={150}
            maw={280}
            data={roles.data.items.map((role) => ({
              value: role.id,
              label: roleName(role.name, t),
              disabled: !covers(session.permissions, role.permissions),
            }))}
            value={member.roles.map((role) => role.id)}
            onChange={(role_ids) => role_ids.length > 0 && save({ role_ids })}
            checkIconPosition="right"
          />
        ) : (
          member.roles.map((role) => roleName(role.name, t)).join(", ")
        )}
      </Table.Td>
      <Table.Td>
        <Badge variant="default" size="md">
          {wordFor(t.members.statuses, member.status)}
        </Badge>
      </Table.Td>
      <Table.Td visibleFrom="md">
        {member.last_active_at ? (
          <When at={member.last_active_at} />
        ) : (
          <Text c="dimmed">{t.common.never}</Text>
        )}
      </Table.Td>
      <Table.Td className={table.act}>
        {writable ? (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon aria-label={t.common.actionsFor(member.name)}>
                <IconDots size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {member.status === "active" ? (
                <Menu.Item
                  leftSection={<IconUserOff size={16} aria-hidden />}
                  onClick={() => save({ status: "inactive" })}
                >
                  {t.members.deactivate}
                </Menu.Item>
              ) : (
                <Menu.Item
                  leftSection={<IconUserCheck size={16} aria-hidden />}
                  onClick={() => save({ status: "active" })}
                >
                  {t.members.reactivate}
                </Menu.Item>
              )}
            </Menu.Dropdown>
          </Menu>
        ) : null}
      </Table.Td>
    </Table.Tr>
  );
}
