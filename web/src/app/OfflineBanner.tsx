import { Text } from "@mantine/core";
import { useNetwork } from "@mantine/hooks";
import { IconWifiOff } from "@tabler/icons-react";
import { useT } from "@/i18n";
import classes from "./frame.module.css";

/** Says that the connection is gone; leaves by itself when it is back. */
export function OfflineBanner() {
  const t = useT();
  const { online } = useNetwork();
  return (
    <div role="status">
      {online ? null : (
        <div className={classes.offline}>
          <IconWifiOff size={18} aria-hidden />
          <Text>{t.problems.offline}</Text>
        </div>
      )}
    </div>
  );
}
