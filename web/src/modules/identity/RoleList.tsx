/** The workspace's roles: the built-in ones and its own. */
import { Badge, Group, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Role } from "@/api/types";
import { useMay } from "@/app/session";
import { useT } from "@/i18n";
import { LinkAnchor, LinkButton } from "@/shared/links";
import { Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import { rolesQuery } from "./queries";
import { roleName } from "./roleName";
import classes from "./roles.module.css";

export function RoleList() {
  const t = useT();
  const may = useMay();
  const query = useQuery(rolesQuery);
  return (
    <Answer query={query}>
      {({ items }) => {
        const own = items.filter((role) => role.kind === "custom");
        return (
          <>
            <Section
              title={t.roles.ownRoles}
              description={t.roles.ownText}
              action={
                may("roles:write") ? (
                  <LinkButton to="/roles/new" leftSection={<IconPlus size={16} aria-hidden />}>
                    {t.roles.create}
                  </LinkButton>
                ) : null
              }
              flush={own.length > 0}
            >
              {own.length === 0 ? (
                <Text c="dimmed">{t.roles.noneText}</Text>
              ) : (
                <Rows roles={own} all={items} />
              )}
            </Section>
            <Section
              title={t.roles.builtIn}
              description={t.roles.builtInText}
              action={<LinkAnchor to="/roles">{t.roles.compare}</LinkAnchor>}
              flush
            >
              <Rows roles={items.filter((role) => role.kind === "system")} all={items} />
            </Section>
          </>
        );
      }}
    </Answer>
  );
}

function Rows({ roles, all }: { roles: Role[]; all: Role[] }) {
  const t = useT();
  return (
    <Stack gap={0} component="ul" className={classes.list}>
      {roles.map((role) => {
        const parent = all.find((one) => one.id === role.parent_id);
        return (
          <li key={role.id}>
            <Link to="/roles/$id" params={{ id: role.id }} className={classes.row}>
              <div className={classes.what}>
                <Group gap="xs">
                  <Text fw={500} className={classes.name}>
                    {roleName(role.name, t)}
                  </Text>
                  {role.is_default ? (
                    <Badge variant="default" size="sm">
                      {t.roles.default}
                    </Badge>
                  ) : null}
                </Group>
                <Text size="sm" c="dimmed" className={classes.name}>
                  {role.kind === "system"
                    ? t.roles.about[role.name as keyof typeof t.roles.about]
                    : role.description}
                </Text>
                {parent && role.kind === "custom" ? (
                  <Text size="sm" c="dimmed">
                    {t.roles.upon(roleName(parent.name, t))}
                  </Text>
                ) : null}
              </div>
              <Text size="sm" c="dimmed" className={classes.count}>
                {t.roles.members(role.member_count)}
              </Text>
            </Link>
          </li>
        );
      })}
    </Stack>
  );
}
