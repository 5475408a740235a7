/** A member: roles, what the member may do, and why. */
import { Badge, Group, MultiSelect, Stack, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { keys, patchCached } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { EffectivePermission, Member, Permission, Role } from "@/api/types";
import { useMay, useSession } from "@/app/session";
import { useT } from "@/i18n";
import { Person, When } from "@/shared/bits";
import { type Edit, editOf, useChange } from "@/shared/change";
import { wordFor } from "@/shared/eventText";
import { LinkAnchor } from "@/shared/links";
import { Answer } from "@/shared/states";
import { undoNotice } from "@/shared/toast";
import { memberPermissionsQuery, memberQuery, permissionsQuery, rolesQuery } from "./queries";
import { RightsMatrix } from "./RightsMatrix";
import { roleName } from "./roleName";
import { covers, sourceText, withReach } from "./roleRights";
import classes from "./roles.module.css";

export type MemberChanges = Partial<Pick<Member, "status" | "extra_permissions">> & { role_ids?: string[] };

/** Changes a member, shown at once, with undo. */
export function useMemberChange(member: Member, roles: readonly Role[]) {
  const t = useT();
  const client = useQueryClient();
  const change = useChange<Edit<MemberChanges>, Member>({
    run: ({ changes }) =>
      take(
        api.PATCH("/api/v1/members/{user_id}", {
          params: { path: { user_id: member.user_id }, header: ifMatch(member) },
          body: changes,
        }),
      ),
    show: ({ changes: { status, role_ids, extra_permissions } }) =>
      patchCached(client, keys.members, member.user_id, (m: Member) => ({
        ...m,
        status: status ?? m.status,
        extra_permissions: extra_permissions ?? m.extra_permissions,
        roles: role_ids
          ? roles.filter((role) => role_ids.includes(role.id)).map(({ id, name }) => ({ id, name }))
          : m.roles,
      })),
    stale: [keys.members, keys.roles],
    queue: `member.${member.user_id}`,
    done: (saved, { changes, before }) => {
      patchCached(client, keys.members, saved.user_id, () => saved);
      if (!before) return;
      const text = changes.extra_permissions
        ? t.members.permissionsChanged(member.name)
        : !changes.status
          ? t.members.rolesChanged(member.name)
          : changes.status === "active"
            ? t.members.reactivated(member.name)
            : t.members.deactivated(member.name);
      undoNotice(text, t, () => change.mutate({ changes: before }));
    },
  });
  return (changes: MemberChanges) => {
    const held = {
      status: member.status,
      role_ids: member.roles.map((role) => role.id),
      extra_permissions: member.extra_permissions,
    };
    change.mutate(editOf(held, changes));
  };
}

export function MemberRecord({ id, inPanel }: { id: string; inPanel?: boolean }) {
  const may = useMay();
  const member = useQuery(memberQuery(id));
  const explained = useQuery(memberPermissionsQuery(id));
  const permissions = useQuery({ ...permissionsQuery, enabled: may("roles:read") });
  const roles = useQuery({ ...rolesQuery, enabled: may("roles:read") });
  return (
    <Answer query={member}>
      {(found) => (
        <Answer query={explained}>
          {({ items }) => (
            <Record
              member={found}
              explained={items}
              permissions={permissions.data?.items}
              roles={roles.data?.items}
              inPanel={inPanel}
            />
          )}
        </Answer>
      )}
    </Answer>
  );
}

/** Permissions whose names one may not read, as far as their codenames tell. */
function ofCodenames(explained: readonly EffectivePermission[]): Permission[] {
  return explained.map(({ codename }) => {
    const [resource = "", action = ""] = codename.split(":");
    return { codename, resource, action, name: codename, category: resource, description: "", has_own: true };
  });
}

function Record({
  member,
  explained,
  permissions,
  roles,
  inPanel,
}: {
  member: Member;
  explained: EffectivePermission[];
  permissions: Permission[] | undefined;
  roles: Role[] | undefined;
  inPanel: boolean | undefined;
}) {
  const t = useT();
  const may = useMay();
  const session = useSession();
  const save = useMemberChange(member, roles ?? []);
  const mayWrite =
    may("members:write", member.user_id) &&
    roles !== undefined &&
    permissions !== undefined &&
    covers(session.permissions, explained);
  const self = member.user_id === session.user.id;
  const byRoles = explained.flatMap(({ codename, sources }) =>
    sources.filter((source) => source.path.length > 0).map((source) => ({ codename, scope: source.scope })),
  );
  return (
    <Stack gap="lg">
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <Person name={member.name} size={40} />
        <div className={classes.what}>
          {inPanel ? (
            <Title order={2} className={classes.name}>
              {member.name}
            </Title>
          ) : null}
          <Text c="dimmed" className={classes.name}>
            {member.email}
          </Text>
          <Badge variant="default" mt={6}>
            {wordFor(t.members.statuses, member.status)}
          </Badge>
        </div>
      </Group>
      {member.last_active_at ? (
        <Text size="sm" c="dimmed">
          {t.members.lastActive}: <When at={member.last_active_at} />
        </Text>
      ) : null}
      {mayWrite && !self ? (
        <MultiSelect
          label={t.members.roles}
          data={roles.map((role) => ({
            value: role.id,
            label: roleName(role.name, t),
            disabled: !covers(session.permissions, role.permissions),
          }))}
          value={member.roles.map((role) => role.id)}
          onChange={(role_ids) => role_ids.length > 0 && save({ role_ids })}
          checkIconPosition="right"
        />
      ) : (
        <div>
          <Text fw={500}>{t.members.roles}</Text>
          <Group gap="xs">
            {member.roles.map((role) =>
              may("roles:read") ? (
                <LinkAnchor key={role.id} to="/roles/$id" params={{ id: role.id }}>
                  {roleName(role.name, t)}
                </LinkAnchor>
              ) : (
                <Text key={role.id}>{roleName(role.name, t)}</Text>
              ),
            )}
          </Group>
        </div>
      )}
      <section aria-label={t.members.access}>
        <Title order={3}>{t.members.access}</Title>
        <Text c="dimmed" mb="xs">
          {mayWrite && !self ? t.members.accessEdit(member.name) : t.members.accessText(member.name)}
        </Text>
        <RightsMatrix
          permissions={permissions ?? ofCodenames(explained)}
          inherited={byRoles}
          value={member.extra_permissions}
          onChange={
            mayWrite && !self
              ? (codename, reach) =>
                  save({ extra_permissions: withReach(member.extra_permissions, byRoles, codename, reach) })
              : undefined
          }
          why={(codename) =>
            explained
              .find((one) => one.codename === codename)
              ?.sources.map((source) => (
                <Text key={sourceText(source, t)} size="sm" c="dimmed" className={classes.name}>
                  {sourceText(source, t)}
                </Text>
              ))
          }
        />
      </section>
    </Stack>
  );
}
