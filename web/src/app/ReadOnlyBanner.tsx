import { Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import type { Session } from "@/api/types";
import { useT } from "@/i18n";
import { LinkAnchor } from "@/shared/links";
import classes from "./frame.module.css";
import { mayDo } from "./session";

/** Says that the workspace can be read and not changed, and to those who manage it where they see why. */
export function ReadOnlyBanner({ session }: { session: Session }) {
  const t = useT();
  if (!session.tenant?.is_read_only) return null;
  return (
    <div role="status">
      <div className={classes.support}>
        <IconLock size={18} aria-hidden />
        <Text>{t.plans.banner}</Text>
        {mayDo(session, "settings:manage") ? (
          <LinkAnchor to="/settings/workspace" inherit underline="always">
            {t.plans.yours}
          </LinkAnchor>
        ) : null}
      </div>
    </div>
  );
}
