import { Text } from "@mantine/core";
import { IconShieldLock } from "@tabler/icons-react";
import type { Session } from "@/api/types";
import { useT } from "@/i18n";
import { LinkAnchor } from "@/shared/links";
import classes from "./frame.module.css";
import { useFormats } from "./session";

/** Says from when the workspace asks for a second factor, while it still lets one in without. */
export function FactorBanner({ session }: { session: Session }) {
  const t = useT();
  const f = useFormats();
  const due = session.second_factor_due;
  if (!due || session.refused) return null;
  return (
    <div className={classes.offline}>
      <IconShieldLock size={18} aria-hidden />
      <Text>
        {t.factors.asksFrom(f.dateTime(due))}{" "}
        <LinkAnchor to="/settings/security" inherit underline="always">
          {t.factors.setUpOne}
        </LinkAnchor>
      </Text>
    </div>
  );
}
