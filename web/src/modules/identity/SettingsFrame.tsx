import { Outlet, useLocation } from "@tanstack/react-router";
import { settingsFor } from "@/app/navigation";
import { useSession } from "@/app/session";
import { useT } from "@/i18n";
import { Page } from "@/shared/Page";
import { LinkTabs } from "@/shared/Tabs";

/** The settings one may see, each part at its own address. */
export function SettingsFrame() {
  const t = useT();
  const parts = settingsFor(useSession());
  const { pathname } = useLocation();
  const current = parts.find((part) => pathname.startsWith(part.to));
  return (
    <Page
      title={t.nav.settings}
      tabTitle={current ? `${t.settings[current.key]} · ${t.nav.settings}` : undefined}
    >
      <LinkTabs
        label={t.nav.settings}
        tabs={parts.map(({ key, to }) => ({
          label: t.settings[key],
          link: { to },
          active: pathname.startsWith(to),
        }))}
      >
        <Outlet />
      </LinkTabs>
    </Page>
  );
}
