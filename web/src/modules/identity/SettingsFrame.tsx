import { Outlet, useLocation } from "@tanstack/react-router";
import { useMay } from "@/app/session";
import { useT } from "@/i18n";
import { Page } from "@/shared/Page";
import { LinkTabs } from "@/shared/Tabs";

/** The settings one may see, each part at its own address. */
export function SettingsFrame() {
  const t = useT();
  const may = useMay();
  const { pathname } = useLocation();
  const parts = [
    { label: t.settings.profile, to: "/settings/profile", shown: true },
    { label: t.settings.security, to: "/settings/security", shown: true },
    { label: t.settings.bookingPage, to: "/settings/booking-page", shown: may("organizers:write") },
    { label: t.settings.workspace, to: "/settings/workspace", shown: may("settings:read") },
    { label: t.settings.mail, to: "/settings/mail", shown: may("settings:manage") },
  ] as const;
  const current = parts.find((part) => pathname.startsWith(part.to));
  return (
    <Page
      title={t.nav.settings}
      tabTitle={current ? `${current.label} · ${t.nav.settings}` : undefined}
      narrow
    >
      <LinkTabs
        label={t.nav.settings}
        tabs={parts
          .filter((part) => part.shown)
          .map(({ label, to }) => ({ label, link: { to }, active: pathname.startsWith(to) }))}
      />
      <Outlet />
    </Page>
  );
}
