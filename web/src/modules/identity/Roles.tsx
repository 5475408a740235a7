/** What each role may do, side by side. */
import { Table, Text, UnstyledButton } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Fragment, useState } from "react";
import type { Permission, Role } from "@/api/types";
import { useMay } from "@/app/session";
import { useT } from "@/i18n";
import { Page } from "@/shared/Page";
import { Answer } from "@/shared/states";
import shared from "@/shared/table.module.css";
import { actionName } from "./accessTokens";
import { PermissionHolders } from "./PermissionHolders";
import { permissionsQuery, rolesQuery } from "./queries";
import { roleName } from "./roleName";
import { categoriesOf, permissionName } from "./roleRights";
import classes from "./roles.module.css";

export function Roles() {
  const t = useT();
  const roles = useQuery(rolesQuery);
  const permissions = useQuery(permissionsQuery);
  return (
    <Page title={t.roles.compare} description={t.roles.text} back="/settings/roles">
      <Answer query={roles}>
        {({ items }) => (
          <Answer query={permissions}>
            {({ items: all }) => (
              <Matrix roles={items} permissions={categoriesOf(all, t).flatMap((of) => of.permissions)} />
            )}
          </Answer>
        )}
      </Answer>
    </Page>
  );
}

function Matrix({ roles, permissions }: { roles: Role[]; permissions: Permission[] }) {
  const t = useT();
  const may = useMay();
  const [asked, setAsked] = useState<Permission>();
  const resources = [...new Set(permissions.map((p) => p.resource))];
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className={shared.wrap} tabIndex={0} aria-label={t.nav.roles}>
        <Table className={`${shared.table} ${classes.matrix}`}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t.roles.permission}</Table.Th>
              {roles.map((role) => (
                <Table.Th key={role.id} scope="col" title={role.description ?? undefined}>
                  <div className={classes.role}>
                    {roleName(role.name, t)}
                    <Text span size="sm" c="dimmed">
                      <span className="visually-hidden">{t.nav.members} </span>
                      {role.member_count}
                    </Text>
                  </div>
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {resources.map((resource) => (
              <Fragment key={resource}>
                <Table.Tr>
                  <Table.Th colSpan={roles.length + 1} scope="colgroup" className={classes.group}>
                    {t.roles.resources[resource as keyof typeof t.roles.resources] ?? resource}
                  </Table.Th>
                </Table.Tr>
                {permissions
                  .filter((p) => p.resource === resource)
                  .map((permission) => (
                    <Table.Tr key={permission.codename}>
                      <Table.Th scope="row" className={classes.permission}>
                        <Who permission={permission} onAsk={may("members:read") ? setAsked : undefined} />
                      </Table.Th>
                      {roles.map((role) => (
                        <Table.Td key={role.id} className={classes.cell}>
                          <Grant role={role} codename={permission.codename} />
                        </Table.Td>
                      ))}
                    </Table.Tr>
                  ))}
              </Fragment>
            ))}
          </Table.Tbody>
        </Table>
      </section>
      <PermissionHolders permission={asked} onClose={() => setAsked(undefined)} />
    </>
  );
}

/** A permission that opens to those who hold it. */
function Who({
  permission,
  onAsk,
}: {
  permission: Permission;
  onAsk: ((of: Permission) => void) | undefined;
}) {
  const t = useT();
  const action = actionName(permission.codename, t);
  if (!onAsk) return action;
  return (
    <UnstyledButton
      className={classes.who}
      aria-label={t.roles.whoMay(permissionName(permission, t))}
      onClick={() => onAsk(permission)}
    >
      {action}
    </UnstyledButton>
  );
}

function Grant({ role, codename }: { role: Role; codename: string }) {
  const t = useT();
  const grant = role.permissions.find((p) => p.codename === codename);
  if (!grant) {
    return (
      <Text span c="dimmed">
        <span aria-hidden>–</span>
        <span className="visually-hidden">{t.roles.no}</span>
      </Text>
    );
  }
  if (grant.scope === "own") return <Text span>{t.roles.own}</Text>;
  return (
    <>
      <IconCheck size={16} aria-hidden />
      <span className="visually-hidden">{t.roles.all}</span>
    </>
  );
}
