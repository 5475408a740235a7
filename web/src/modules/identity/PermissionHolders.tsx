/** Who may do something, and what gives it to each. */
import { Group, Modal, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Permission } from "@/api/types";
import { useT } from "@/i18n";
import { Person } from "@/shared/bits";
import { LinkAnchor } from "@/shared/links";
import { MoreRows, pagesOf } from "@/shared/pages";
import { Answer } from "@/shared/states";
import { permissionName, sourceText } from "./roleRights";
import classes from "./roles.module.css";

export function PermissionHolders({
  permission,
  onClose,
}: {
  permission: Permission | undefined;
  onClose: () => void;
}) {
  const t = useT();
  return (
    <Modal
      opened={permission !== undefined}
      onClose={onClose}
      title={permission ? t.roles.whoMay(permissionName(permission, t)) : ""}
      size={520}
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      {permission ? <Holders codename={permission.codename} /> : null}
    </Modal>
  );
}

function Holders({ codename }: { codename: string }) {
  const t = useT();
  const query = useInfiniteQuery(
    pagesOf([keys.members, "holders", codename], (cursor, signal) =>
      take(
        api.GET("/api/v1/permission-holders", {
          params: { query: { permission: codename, cursor, limit: 50 } },
          signal,
        }),
      ),
    ),
  );
  return (
    <Answer query={query}>
      {(holders) =>
        holders.length === 0 ? (
          <Text c="dimmed">{t.roles.nobody}</Text>
        ) : (
          <Stack component="ul" gap="md" className={classes.holders}>
            {holders.map((holder) => (
              <li key={holder.user_id}>
                <Group gap="sm" wrap="nowrap" align="flex-start">
                  <Person name={holder.name} />
                  <div className={classes.what}>
                    <LinkAnchor to="/members/$id" params={{ id: holder.user_id }} className={classes.name}>
                      {holder.name}
                    </LinkAnchor>
                    {holder.sources.map((source) => (
                      <Text key={sourceText(source, t)} size="sm" c="dimmed" className={classes.name}>
                        {sourceText(source, t)}
                      </Text>
                    ))}
                  </div>
                </Group>
              </li>
            ))}
            <MoreRows query={query} />
          </Stack>
        )
      }
    </Answer>
  );
}
