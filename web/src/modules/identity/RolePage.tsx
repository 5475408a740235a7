/** One role: its name, the role it builds upon, and how far each permission reaches. */
import { Alert, Button, Group, Menu, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconDots, IconInfoCircle, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import { asProblem, fieldErrors, type Problem, problemText } from "@/api/problem";
import type { Permission, Role, RoleInput } from "@/api/types";
import { useMay, useSession } from "@/app/session";
import { useT } from "@/i18n";
import type { Catalogue } from "@/i18n/en";
import { useDraft } from "@/shared/draft";
import { FormSummary } from "@/shared/forms";
import { LinkButton } from "@/shared/links";
import { Page, Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import { notice, undoNotice } from "@/shared/toast";
import { permissionsQuery, rolesQuery } from "./queries";
import { RightsMatrix } from "./RightsMatrix";
import { roleName } from "./roleName";
import { beyond, covers, parentsFor, reachOf, withReach } from "./roleRights";
import classes from "./roles.module.css";

const route = getRouteApi("/app/roles/$id");
const newRoute = getRouteApi("/app/roles/new");

export function RolePage() {
  const t = useT();
  const { id } = route.useParams();
  return (
    <Loaded>
      {(roles, permissions) => {
        const role = roles.find((one) => one.id === id);
        if (role) return <Editor key={role.id} role={role} roles={roles} permissions={permissions} />;
        return (
          <Page title={t.roles.one} back="/settings/roles" narrow>
            <Text>{t.problems.codes.not_found}</Text>
          </Page>
        );
      }}
    </Loaded>
  );
}

export function NewRole() {
  const { parent } = newRoute.useSearch();
  return (
    <Loaded>
      {(roles, permissions) => (
        <Editor
          roles={roles}
          permissions={permissions}
          parent={roles.find((one) => one.id === parent)?.id ?? null}
        />
      )}
    </Loaded>
  );
}

function Loaded({ children }: { children: (roles: Role[], permissions: Permission[]) => ReactNode }) {
  const t = useT();
  const roles = useQuery(rolesQuery);
  const permissions = useQuery(permissionsQuery);
  if (roles.data && permissions.data) return children(roles.data.items, permissions.data.items);
  return (
    <Page title={t.roles.one} back="/settings/roles" narrow>
      {roles.data ? (
        <Answer query={permissions}>{() => null}</Answer>
      ) : (
        <Answer query={roles}>{() => null}</Answer>
      )}
    </Page>
  );
}

type Values = Required<Pick<RoleInput, "name" | "description" | "permissions">> & {
  parent_id: string | null;
};

function valuesOf(role: Role | undefined, parent: string | null): Values {
  return {
    name: role?.name ?? "",
    description: role?.description ?? "",
    parent_id: role ? (role.parent_id ?? null) : parent,
    permissions: role?.own_permissions ?? [],
  };
}

/** Those that keep a role from being deleted, by name. */
function usersOf(problem: Problem, t: Catalogue): string[] {
  const names = (of: string) => (Array.isArray(problem.extra[of]) ? (problem.extra[of] as string[]) : []);
  const line = (label: string, of: string[]) => (of.length > 0 ? [`${label}: ${of.join(", ")}`] : []);
  return [
    ...line(t.nav.members, names("members")),
    ...line(t.invitations.title, names("invitations")),
    ...line(t.nav.roles, names("roles")),
    ...line(t.company.providers, names("sign_in_providers")),
  ];
}

function Editor({
  role,
  roles,
  permissions,
  parent = null,
}: {
  role?: Role;
  roles: Role[];
  permissions: Permission[];
  parent?: string | null;
}) {
  const t = useT();
  const may = useMay();
  const client = useQueryClient();
  const navigate = useNavigate();
  const held = useSession().permissions;
  const [draft, setDraft] = useDraft<Values>(`role.${role?.id ?? "new"}`);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [summary, setSummary] = useState<string[]>([]);
  const values = draft?.value ?? valuesOf(role, parent);
  const above = roles.find((one) => one.id === values.parent_id);
  const inherited = above?.permissions ?? [];
  const builtIn = role?.kind === "system";
  const beyondMine = role !== undefined && !covers(held, role.permissions);
  const readOnly = builtIn || beyondMine || !may("roles:write");

  const set = (changes: Partial<Values>) => {
    setErrors({});
    setDraft({ base: draft?.base ?? role?.version ?? 0, value: { ...values, ...changes } });
  };
  const refused = (error: unknown) => {
    const problem = asProblem(error);
    const fields = fieldErrors(problem, t);
    const { name, description, parent_id, ...rest } = fields;
    setErrors({
      ...(name ? { name } : {}),
      ...(description ? { description } : {}),
      ...(parent_id ? { parent_id } : {}),
    });
    const others = Object.values(rest);
    setSummary(
      problem.code === "role_in_use"
        ? [problemText(problem, t), ...usersOf(problem, t)]
        : Object.keys(fields).length > 0
          ? others
          : [problemText(problem, t)],
    );
  };
  const changed = () => {
    for (const key of [keys.roles, keys.members, keys.session])
      void client.invalidateQueries({ queryKey: [key] });
  };
  const save = useMutation({
    mutationFn: (body: RoleInput) =>
      role
        ? take(
            api.PUT("/api/v1/roles/{id}", {
              params: { path: { id: role.id }, header: ifMatch({ version: draft?.base ?? role.version }) },
              body,
            }),
          )
        : take(api.POST("/api/v1/roles", { body })),
    onSuccess: async (saved) => {
      setDraft(null);
      setSummary([]);
      changed();
      notice(t.roles.saved(saved.name));
      await client.refetchQueries({ queryKey: [keys.roles] });
      if (!role) await navigate({ to: "/roles/$id", params: { id: saved.id }, replace: true });
    },
    onError: (error) => {
      // What is shown next is the newest state with the draft on it.
      if (asProblem(error).code === "version_conflict" && draft) {
        void client.refetchQueries({ queryKey: [keys.roles] });
        setDraft(null);
      }
      refused(error);
    },
  });
  const restore = useMutation({
    mutationFn: (body: RoleInput) => take(api.POST("/api/v1/roles", { body })),
    onSettled: changed,
  });
  const remove = useMutation({
    mutationFn: (gone: Role) =>
      take(api.DELETE("/api/v1/roles/{id}", { params: { path: { id: gone.id }, header: ifMatch(gone) } })),
    onSuccess: async (_, gone) => {
      setDraft(null);
      changed();
      // Nobody held it, so one made again is the same.
      undoNotice(t.roles.deleted(gone.name), t, () => restore.mutate(valuesOf(gone, null)));
      await navigate({ to: "/settings/roles" });
    },
    onError: refused,
  });
  const submit = () => {
    const name = values.name.trim();
    if (!name) {
      setErrors({ name: t.forms.required });
      document.querySelector<HTMLInputElement>("[data-path=name]")?.focus();
      return;
    }
    setSummary([]);
    save.mutate({
      name,
      description: values.description.trim(),
      parent_id: values.parent_id,
      permissions: beyond(values.permissions, inherited),
    });
  };

  const title = role ? roleName(role.name, t) : t.roles.create;
  return (
    <Page
      title={title}
      back="/settings/roles"
      narrow
      description={role ? t.roles.members(role.member_count) : undefined}
      action={
        role && !readOnly ? (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" px={8} aria-label={t.common.actionsFor(title)}>
                <IconDots size={18} aria-hidden />
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item
                leftSection={<IconTrash size={16} aria-hidden />}
                onClick={() => remove.mutate(role)}
              >
                {t.roles.remove}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        ) : role && may("roles:write") && !beyondMine ? (
          <LinkButton variant="default" to="/roles/new" search={{ parent: role.id }}>
            {t.roles.buildUpon}
          </LinkButton>
        ) : null
      }
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Stack gap="md">
          <FormSummary lines={summary} />
          {role && readOnly ? (
            <Alert variant="outline" color="gray" icon={<IconInfoCircle size={20} aria-hidden />}>
              {builtIn ? t.roles.builtInText : beyondMine ? t.roles.above : t.settings.readOnly}
            </Alert>
          ) : null}
          {builtIn ? (
            <Text>{t.roles.about[role?.name as keyof typeof t.roles.about]}</Text>
          ) : (
            <Section>
              <Stack>
                <TextInput
                  label={t.roles.name}
                  data-path="name"
                  maxLength={50}
                  readOnly={readOnly}
                  autoComplete="off"
                  autoFocus={!role}
                  value={values.name}
                  error={errors.name}
                  onChange={(event) => set({ name: event.currentTarget.value })}
                />
                <Textarea
                  label={t.roles.description}
                  maxLength={500}
                  autosize
                  minRows={2}
                  readOnly={readOnly}
                  value={values.description}
                  error={errors.description}
                  onChange={(event) => set({ description: event.currentTarget.value })}
                />
                <Select
                  label={t.roles.parent}
                  description={t.roles.parentText}
                  placeholder={t.roles.noParent}
                  clearable={!readOnly}
                  clearButtonProps={{ "aria-label": t.common.clear }}
                  readOnly={readOnly}
                  data={parentsFor(role, roles).map((one) => ({
                    value: one.id,
                    label: roleName(one.name, t),
                    disabled: !covers(held, one.permissions),
                  }))}
                  value={values.parent_id}
                  error={errors.parent_id}
                  onChange={(parent_id) => set({ parent_id })}
                />
              </Stack>
            </Section>
          )}
          <Section title={t.roles.rights} description={t.roles.text}>
            <RightsMatrix
              permissions={permissions}
              inherited={inherited}
              value={values.permissions}
              onChange={
                readOnly
                  ? undefined
                  : (codename, reach) =>
                      set({ permissions: withReach(values.permissions, inherited, codename, reach) })
              }
              why={(codename) =>
                above && reachOf(inherited, codename) !== "none" ? (
                  <Text size="sm" c="dimmed" className={classes.name}>
                    {t.roles.by(roleName(above.name, t))}
                  </Text>
                ) : null
              }
            />
          </Section>
          {readOnly ? null : (
            <Group justify="flex-end" className={classes.save}>
              {draft ? (
                <Button
                  variant="default"
                  onClick={() => {
                    setDraft(null);
                    setErrors({});
                    setSummary([]);
                  }}
                >
                  {t.common.discard}
                </Button>
              ) : null}
              <Button type="submit" loading={save.isPending} disabled={role !== undefined && !draft}>
                {role ? t.common.save : t.common.create}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Page>
  );
}
