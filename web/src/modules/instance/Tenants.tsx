/** All workspaces of the instance, from outside. */
import { Badge, Select, Table, Text } from "@mantine/core";
import { IconBuilding } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { InstanceTenant } from "@/api/types";
import { TENANT_STATUSES } from "@/app/router";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { formatBytes } from "@/shared/bytes";
import { LinkAnchor } from "@/shared/links";
import { MoreRows, pagesOf } from "@/shared/pages";
import { SearchField } from "@/shared/SearchField";
import { Answer, EmptyState } from "@/shared/states";
import table from "@/shared/table.module.css";

const route = getRouteApi("/app/instance/tenants");

export function Tenants() {
  const t = useT();
  const f = useFormats();
  const navigate = useNavigate({ from: "/instance/tenants" });
  const { q, status } = route.useSearch();
  const query = useInfiniteQuery(
    pagesOf([keys.instance, "tenants", { q, status }], (cursor, signal) =>
      take(api.GET("/api/v1/admin/tenants", { params: { query: { cursor, q, status, limit: 50 } }, signal })),
    ),
  );
  return (
    <>
      <div className={table.toolbar}>
        <SearchField
          label={t.instance.search}
          value={q}
          onSearch={(next) => void navigate({ search: (s) => ({ ...s, q: next }), replace: true })}
        />
        <Select
          aria-label={t.instance.status}
          placeholder={t.instance.anyStatus}
          clearable
          w={180}
          data={TENANT_STATUSES.map((value) => ({ value, label: t.instance.statuses[value] }))}
          value={status ?? null}
          onChange={(next) =>
            void navigate({
              search: (s) => ({ ...s, status: (next ?? undefined) as typeof status }),
              replace: true,
            })
          }
        />
      </div>
      <Answer query={query}>
        {(tenants) =>
          tenants.length === 0 ? (
            <EmptyState icon={IconBuilding} title={t.instance.noneTitle}>
              {t.instance.noneText}
            </EmptyState>
          ) : (
            <>
              <Table.ScrollContainer minWidth={820}>
                <Table verticalSpacing="xs">
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t.instance.name}</Table.Th>
                      <Table.Th>{t.instance.status}</Table.Th>
                      <Table.Th ta="right">{t.instance.members}</Table.Th>
                      <Table.Th ta="right">{t.instance.files}</Table.Th>
                      <Table.Th>{t.instance.lastActive}</Table.Th>
                      <Table.Th>{t.instance.trialUntil}</Table.Th>
                      <Table.Th>{t.instance.health}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {tenants.map((tenant) => (
                      <Table.Tr key={tenant.id}>
                        <Table.Td maw={260}>
                          <LinkAnchor to="/instance/tenants/$id" params={{ id: tenant.id }} fw={500}>
                            {tenant.name}
                          </LinkAnchor>
                          <Text size="sm" c="dimmed" truncate>
                            {tenant.owner_email}
                          </Text>
                        </Table.Td>
                        <Table.Td>
                          <TenantStatus status={tenant.status} />
                        </Table.Td>
                        <Table.Td ta="right">{f.number(tenant.members)}</Table.Td>
                        <Table.Td ta="right">{formatBytes(tenant.file_bytes, f.locale)}</Table.Td>
                        <Table.Td>
                          {tenant.last_active_at ? <When at={tenant.last_active_at} /> : t.common.never}
                        </Table.Td>
                        <Table.Td>{tenant.trial_ends_at ? f.date(tenant.trial_ends_at) : "–"}</Table.Td>
                        <Table.Td>
                          <TenantHealth tenant={tenant} />
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
              <MoreRows query={query} />
            </>
          )
        }
      </Answer>
    </>
  );
}

const COLORS: Record<string, string> = { active: "green", suspended: "red", pending_deletion: "yellow" };

export function TenantStatus({ status }: { status: string }) {
  const t = useT();
  return (
    <Badge variant="dot" color={COLORS[status] ?? "gray"}>
      {t.instance.statuses[status as keyof typeof t.instance.statuses] ?? status}
    </Badge>
  );
}

export function TenantHealth({ tenant }: { tenant: InstanceTenant }) {
  const t = useT();
  const troubles = [
    tenant.jobs_failed > 0 ? t.instance.failedJobs(tenant.jobs_failed) : null,
    tenant.mails_failed > 0 ? t.instance.failedMails(tenant.mails_failed) : null,
  ].filter((line) => line !== null);
  if (troubles.length === 0) return <Text c="dimmed">{t.instance.fine}</Text>;
  return <Text c="var(--mantine-color-error)">{troubles.join(", ")}</Text>;
}
