/** The administration of the instance, each part at its own address. */

import { IconLock } from "@tabler/icons-react";
import { Outlet, useLocation } from "@tanstack/react-router";
import { useSession } from "@/app/session";
import { useT } from "@/i18n";
import { Page } from "@/shared/Page";
import { EmptyState } from "@/shared/states";
import { LinkTabs } from "@/shared/Tabs";

const PARTS = [
  { key: "tenants", to: "/instance/tenants" },
  { key: "users", to: "/instance/users" },
  { key: "plans", to: "/instance/plans" },
  { key: "signIns", to: "/instance/sign-ins" },
  { key: "health", to: "/instance/health" },
  { key: "erasures", to: "/instance/erasures" },
] as const;

export function InstanceFrame() {
  const t = useT();
  const session = useSession();
  const { pathname } = useLocation();
  const current = PARTS.find((part) => pathname.startsWith(part.to));
  return (
    <Page
      title={t.instance.title}
      tabTitle={current ? `${t.instance[current.key]} · ${t.instance.title}` : undefined}
      description={t.instance.privacy}
    >
      {session.user.is_platform_admin ? (
        <>
          <LinkTabs
            label={t.instance.title}
            tabs={PARTS.map(({ key, to }) => ({
              label: t.instance[key],
              link: { to },
              active: pathname.startsWith(to),
            }))}
          />
          <Outlet />
        </>
      ) : (
        <EmptyState icon={IconLock} title={t.mailbox.lockedTitle} />
      )}
    </Page>
  );
}
