/** What concerned the safety of members' accounts: which and when. */
import { Badge, Select, Table, Text } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { wordFor } from "@/shared/eventText";
import { MoreRows, pagesOf } from "@/shared/pages";
import { SEVERITY_COLORS } from "@/shared/severity";
import { Answer, EmptyState } from "@/shared/states";
import table from "@/shared/table.module.css";
import { AuditFrame } from "./AuditFrame";
import classes from "./platform.module.css";

const route = getRouteApi("/app/audit/security");

export function SecurityEvents() {
  const t = useT();
  const navigate = useNavigate({ from: "/audit/security" });
  const filter = route.useSearch();
  const query = useInfiniteQuery(
    pagesOf([keys.securityEvents, filter], (cursor, signal) =>
      take(
        api.GET("/api/v1/security-events", { params: { query: { ...filter, cursor, limit: 50 } }, signal }),
      ),
    ),
  );
  const severities = (["low", "medium", "high", "critical"] as const).map((value) => ({
    value,
    label: t.securityEvents.severities[value],
  }));
  return (
    <AuditFrame>
      <div className={table.toolbar}>
        <Select
          aria-label={t.securityEvents.severity}
          placeholder={t.securityEvents.anySeverity}
          clearable
          clearButtonProps={{ "aria-label": t.common.clear }}
          w={200}
          data={severities}
          value={filter.severity ?? null}
          onChange={(value) =>
            void navigate({
              search: (s) => ({ ...s, severity: severities.find((one) => one.value === value)?.value }),
            })
          }
        />
      </div>
      <Answer query={query}>
        {(events) =>
          events.length === 0 ? (
            <EmptyState icon={IconShieldCheck} title={t.securityEvents.noneTitle}>
              {t.securityEvents.noneText}
            </EmptyState>
          ) : (
            <>
              <div className={table.wrap}>
                <Table className={table.table} aria-label={t.audit.securityTab}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th visibleFrom="sm">{t.audit.when}</Table.Th>
                      <Table.Th visibleFrom="sm">{t.audit.who}</Table.Th>
                      <Table.Th>{t.audit.what}</Table.Th>
                      <Table.Th>{t.securityEvents.severity}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {events.map((event) => (
                      <Table.Tr key={event.id}>
                        <Table.Td visibleFrom="sm" className={classes.when}>
                          <When at={event.created_at} />
                        </Table.Td>
                        <Table.Td visibleFrom="sm" className={classes.who}>
                          {event.user_name ?? t.securityEvents.workspace}
                        </Table.Td>
                        <Table.Td>
                          {wordFor(t.securityEvents.kinds, event.event)}
                          <Text hiddenFrom="sm" size="sm" c="dimmed" component="div" className={classes.who}>
                            <When at={event.created_at} /> · {event.user_name ?? t.securityEvents.workspace}
                          </Text>
                        </Table.Td>
                        <Table.Td>
                          <Badge
                            variant="dot"
                            color={SEVERITY_COLORS[event.severity]}
                            className={table.badge}
                          >
                            {wordFor(t.securityEvents.severities, event.severity)}
                          </Badge>
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
              <MoreRows query={query} />
            </>
          )
        }
      </Answer>
    </AuditFrame>
  );
}
