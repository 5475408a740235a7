/** The trail, the security events and sign-ins of members, and the chain that proves the trail. */
import { useLocation } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMay } from "@/app/session";
import { useT } from "@/i18n";
import { Page } from "@/shared/Page";
import { LinkTabs } from "@/shared/Tabs";

export function AuditFrame({ children }: { children: ReactNode }) {
  const t = useT();
  const may = useMay();
  const { pathname } = useLocation();
  const tabs = [
    { label: t.audit.changesTab, to: "/audit" },
    { label: t.audit.securityTab, to: "/audit/security" },
    ...(may("security:manage") ? [{ label: t.signIns.ofMembers, to: "/audit/sign-ins" } as const] : []),
    { label: t.audit.chainTab, to: "/audit/chain" },
  ] as const;
  return (
    <Page title={t.nav.audit} description={t.audit.text}>
      <LinkTabs
        label={t.nav.audit}
        tabs={tabs.map(({ label, to }) => ({ label, link: { to }, active: pathname === to }))}
      />
      {children}
    </Page>
  );
}
