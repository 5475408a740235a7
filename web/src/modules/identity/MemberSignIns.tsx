/** Attempts of members to sign in: who, when, how, from where, and what became of them. */
import { Badge, Select, Table, Text } from "@mantine/core";
import { IconLogin2 } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { useLanguage } from "@/i18n";
import { AuditFrame } from "@/modules/platform/AuditFrame";
import { When } from "@/shared/bits";
import { wordFor } from "@/shared/eventText";
import { MoreRows, pagesOf } from "@/shared/pages";
import { Answer, EmptyState } from "@/shared/states";
import table from "@/shared/table.module.css";
import { attemptFacts } from "./SignIns";
import classes from "./security.module.css";

const route = getRouteApi("/app/audit/sign-ins");
const COLORS: Record<string, string> = { success: "green", entered: "gray", failed: "red", refused: "red" };

export function MemberSignIns() {
  const { t, locale } = useLanguage();
  const navigate = useNavigate({ from: "/audit/sign-ins" });
  const filter = route.useSearch();
  const query = useInfiniteQuery(
    pagesOf([keys.memberSignIns, filter], (cursor, signal) =>
      take(api.GET("/api/v1/sign-ins", { params: { query: { ...filter, cursor, limit: 50 } }, signal })),
    ),
  );
  const outcomes = (["success", "entered", "failed", "refused"] as const).map((value) => ({
    value,
    label: t.signIns.outcomes[value],
  }));
  return (
    <AuditFrame>
      <Text c="dimmed" mb="sm">
        {t.signIns.ofMembersText}
      </Text>
      <div className={table.toolbar}>
        <Select
          aria-label={t.signIns.outcome}
          placeholder={t.signIns.anyOutcome}
          clearable
          clearButtonProps={{ "aria-label": t.common.clear }}
          w={260}
          data={outcomes}
          value={filter.outcome ?? null}
          onChange={(value) =>
            void navigate({
              search: (s) => ({ ...s, outcome: outcomes.find((one) => one.value === value)?.value }),
            })
          }
        />
      </div>
      <Answer query={query}>
        {(attempts) =>
          attempts.length === 0 ? (
            <EmptyState icon={IconLogin2} title={t.signIns.noneTitle}>
              {t.signIns.noneText}
            </EmptyState>
          ) : (
            <>
              <div className={table.wrap}>
                <Table className={table.table} aria-label={t.signIns.ofMembers}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th visibleFrom="sm">{t.audit.when}</Table.Th>
                      <Table.Th>{t.signIns.member}</Table.Th>
                      <Table.Th visibleFrom="sm">{t.signIns.how}</Table.Th>
                      <Table.Th visibleFrom="sm">{t.signIns.from}</Table.Th>
                      <Table.Th>{t.signIns.outcome}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {attempts.map((attempt) => {
                      const { how, where } = attemptFacts(attempt, t, locale);
                      return (
                        <Table.Tr key={attempt.id}>
                          <Table.Td visibleFrom="sm">
                            <When at={attempt.created_at} />
                          </Table.Td>
                          <Table.Td className={classes.long}>
                            {attempt.user_name}
                            <Text hiddenFrom="sm" size="sm" c="dimmed" component="div">
                              <When at={attempt.created_at} />
                              {[...how, ...where].map((fact) => ` · ${fact}`)}
                            </Text>
                          </Table.Td>
                          <Table.Td visibleFrom="sm">{how.join(" · ")}</Table.Td>
                          <Table.Td visibleFrom="sm">{where.join(" · ")}</Table.Td>
                          <Table.Td>
                            <Badge variant="dot" color={COLORS[attempt.outcome]} className={table.badge}>
                              {wordFor(t.signIns.outcomes, attempt.outcome)}
                            </Badge>
                          </Table.Td>
                        </Table.Tr>
                      );
                    })}
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
