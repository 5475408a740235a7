/** In place of screens that need a booking page: the way to one, or whom to ask for it. */
import { type Icon, IconLock } from "@tabler/icons-react";
import { useMay } from "@/app/session";
import { useT } from "@/i18n";
import { LinkButton } from "@/shared/links";
import { EmptyState } from "@/shared/states";

export function NoPage({ icon }: { icon: Icon }) {
  const t = useT();
  const may = useMay();
  if (!may("organizers:write")) return <NoPageAllowed />;
  return (
    <EmptyState
      icon={icon}
      title={t.eventTypes.noPageTitle}
      action={<LinkButton to="/settings/booking-page">{t.eventTypes.noPageAction}</LinkButton>}
    >
      {t.eventTypes.noPageText}
    </EmptyState>
  );
}

export function NoPageAllowed() {
  const t = useT();
  return (
    <EmptyState icon={IconLock} title={t.roleLacks.pageTitle}>
      {t.roleLacks.pageText}
    </EmptyState>
  );
}
