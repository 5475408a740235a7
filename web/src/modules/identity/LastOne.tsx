import { Alert } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useT } from "@/i18n";

/** Said where the factor that goes is the last one. */
export function LastOne() {
  const t = useT();
  return (
    <Alert color="yellow" variant="outline" icon={<IconAlertTriangle size={20} aria-hidden />}>
      {t.factors.lastOne}
    </Alert>
  );
}
