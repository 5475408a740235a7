/** Each permission with how far it reaches: to choose from, or to read. */
import { SegmentedControl, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { Grant, Permission } from "@/api/types";
import { useSession } from "@/app/session";
import { useT } from "@/i18n";
import { actionName, areaName } from "./accessTokens";
import {
  categoriesOf,
  categoryName,
  choicesOf,
  permissionName,
  type Reach,
  reaches,
  reachOf,
} from "./roleRights";
import classes from "./roles.module.css";

interface RightsMatrixProps {
  permissions: readonly Permission[];
  /** What is allowed anyway. */
  inherited: readonly Grant[];
  /** What is allowed beyond that. */
  value: readonly Grant[];
  /** Missing where one may look only; then what is not allowed is left out. */
  onChange?: ((codename: string, reach: Reach) => void) | undefined;
  /** Why it is allowed. */
  why: (codename: string) => ReactNode;
}

export function RightsMatrix({ permissions, inherited, value, onChange, why }: RightsMatrixProps) {
  const t = useT();
  const held = useSession().permissions;
  const now = (codename: string): Reach => {
    const [above, set] = [reachOf(inherited, codename), reachOf(value, codename)];
    return reaches(above, set) ? above : set;
  };
  const shown = permissions.filter((permission) => onChange || now(permission.codename) !== "none");
  if (shown.length === 0) return <Text c="dimmed">{t.roles.nothing}</Text>;
  return (
    <div className={classes.rights}>
      {categoriesOf(shown, t).map((category) => (
        <section key={category.name} aria-label={categoryName(category.name, t)}>
          <h3 className={classes.category}>{categoryName(category.name, t)}</h3>
          {category.permissions.map((permission) => {
            const reach = now(permission.codename);
            const choices = choicesOf(
              permission,
              reachOf(inherited, permission.codename),
              reachOf(held, permission.codename),
              reach,
            );
            const fixed = choices.every((choice) => choice.disabled || choice.value === reach);
            return (
              <div key={permission.codename} className={classes.right}>
                <div className={classes.what}>
                  <Text component="div">
                    {areaName(permission.resource, t)}{" "}
                    <Text span c="dimmed">
                      {actionName(permission.codename, t)}
                    </Text>
                  </Text>
                  {why(permission.codename)}
                </div>
                {onChange && !fixed ? (
                  <SegmentedControl
                    size="xs"
                    aria-label={permissionName(permission, t)}
                    data={choices.map((choice) => ({ ...choice, label: t.roles.reaches[choice.value] }))}
                    value={reach}
                    onChange={(next) => onChange(permission.codename, next as Reach)}
                  />
                ) : (
                  <Text className={classes.fixed} c={reach === "none" ? "dimmed" : undefined}>
                    {t.roles.reaches[reach]}
                  </Text>
                )}
              </div>
            );
          })}
        </section>
      ))}
    </div>
  );
}
