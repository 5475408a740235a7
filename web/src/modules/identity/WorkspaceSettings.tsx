/** The workspace's own facts, for those who manage it. */
import { Select, Stack, Switch, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { keys, patchCached } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { Tenant, TenantChanges } from "@/api/types";
import { sessionQuery, useFormats, useMay } from "@/app/session";
import { LOCALE_NAMES, LOCALES, nearestLocale, useT } from "@/i18n";
import { ZoneSelect } from "@/shared/bits";
import { type Edit, editOf, useChange } from "@/shared/change";
import { EMAIL } from "@/shared/forms";
import { Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import { undoNotice } from "@/shared/toast";
import { tenantQuery } from "./queries";
import { WorkspaceDeletion } from "./WorkspaceDeletion";
import { WorkspaceLooks } from "./WorkspaceLooks";
import { WorkspaceOwnership } from "./WorkspaceOwnership";
import { WorkspacePlan } from "./WorkspacePlan";

export function WorkspaceSettings() {
  const query = useQuery(tenantQuery);
  return <Answer query={query}>{(tenant) => <Workspace tenant={tenant} />}</Answer>;
}

function Workspace({ tenant }: { tenant: Tenant }) {
  const t = useT();
  const f = useFormats();
  const may = useMay();
  const client = useQueryClient();
  const readOnly = !may("settings:manage");
  const [name, setName] = useState(tenant.name);
  const [email, setEmail] = useState(tenant.billing_email ?? "");
  const save = useChange<Edit<TenantChanges>, Tenant>({
    run: ({ changes }) =>
      take(
        api.PATCH("/api/v1/tenant", {
          params: { header: ifMatch(client.getQueryData(tenantQuery.queryKey) ?? tenant) },
          body: changes,
        }),
      ),
    show: ({ changes }) => patchCached(client, keys.tenant, tenant.id, (x: Tenant) => ({ ...x, ...changes })),
    stale: [keys.tenant],
    queue: "tenant",
    refused: () => {
      setName(tenant.name);
      setEmail(tenant.billing_email ?? "");
      return false;
    },
    done: (saved, { before }) => {
      client.setQueryData(tenantQuery.queryKey, saved);
      void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
      setName(saved.name);
      setEmail(saved.billing_email ?? "");
      if (before) undoNotice(t.common.saved, t, () => save.mutate({ changes: before }));
    },
  });
  const currencies = useMemo(() => {
    const names = new Intl.DisplayNames(f.locale, { type: "currency" });
    return Intl.supportedValuesOf("currency").map((code) => ({
      value: code,
      label: `${code} · ${names.of(code)}`,
    }));
  }, [f.locale]);
  const emailWrong = email.trim() !== "" && !EMAIL.test(email.trim());

  return (
    <>
      <WorkspaceOwnership />
      {readOnly ? null : <WorkspacePlan />}
      <Section
        title={t.settings.workspace}
        description={readOnly ? t.settings.readOnly : t.settings.savedAtOnce}
      >
        <Stack maw={440}>
          <TextInput
            label={t.auth.company}
            maxLength={120}
            readOnly={readOnly}
            value={name}
            error={name.trim() ? null : t.forms.required}
            onChange={(e) => setName(e.currentTarget.value)}
            onBlur={() => {
              const next = name.trim();
              if (next && next !== tenant.name) save.mutate(editOf<TenantChanges>(tenant, { name: next }));
            }}
            onKeyDown={(e) => e.key === "Enter" && e.currentTarget.blur()}
          />
          <ZoneSelect
            label={t.settings.timezone}
            value={tenant.timezone}
            readOnly={readOnly}
            onChange={(timezone) =>
              timezone &&
              timezone !== tenant.timezone &&
              save.mutate(editOf<TenantChanges>(tenant, { timezone }))
            }
          />
          <Select
            label={t.profile.language}
            description={t.settings.workspaceLanguage}
            readOnly={readOnly}
            allowDeselect={false}
            data={LOCALES.map((value) => ({ value, label: LOCALE_NAMES[value] }))}
            value={nearestLocale([tenant.locale])}
            onChange={(locale) => locale && save.mutate(editOf<TenantChanges>(tenant, { locale }))}
          />
          <Select
            label={t.settings.currency}
            readOnly={readOnly}
            searchable
            allowDeselect={false}
            data={currencies}
            limit={80}
            value={tenant.currency}
            onChange={(currency) =>
              currency &&
              currency !== tenant.currency &&
              save.mutate(editOf<TenantChanges>(tenant, { currency }))
            }
          />
          <TextInput
            label={t.settings.billingEmail}
            description={t.common.optional}
            type="email"
            readOnly={readOnly}
            value={email}
            error={emailWrong ? t.forms.email : null}
            onChange={(e) => setEmail(e.currentTarget.value)}
            onBlur={() => {
              const next = email.trim() || null;
              if (!emailWrong && next !== tenant.billing_email)
                save.mutate(editOf<TenantChanges>(tenant, { billing_email: next }));
            }}
            onKeyDown={(e) => e.key === "Enter" && e.currentTarget.blur()}
          />
          <Switch
            label={t.lives.alerts}
            description={t.lives.alertsText}
            disabled={readOnly}
            checked={tenant.alerts_admins}
            onChange={(e) =>
              save.mutate(editOf<TenantChanges>(tenant, { alerts_admins: e.currentTarget.checked }))
            }
          />
        </Stack>
      </Section>
      <WorkspaceLooks
        tenant={tenant}
        readOnly={readOnly}
        save={(changes) => save.mutate(editOf<TenantChanges>(tenant, changes))}
      />
      <WorkspaceDeletion tenant={tenant} />
    </>
  );
}
