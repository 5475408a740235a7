/** Attempts to sign in to accounts that are not here: from where, how often, and which are on one address. */
import { Badge, Button, Group, Table, Text, TextInput } from "@mantine/core";
import { IconLogin2 } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { useLanguage } from "@/i18n";
import { attemptFacts } from "@/modules/identity/SignIns";
import { When } from "@/shared/bits";
import { wordFor } from "@/shared/eventText";
import { MoreRows, pagesOf } from "@/shared/pages";
import { Answer, EmptyState } from "@/shared/states";
import table from "@/shared/table.module.css";

const route = getRouteApi("/app/instance/sign-ins");

export function UnknownSignIns() {
  const { t, locale } = useLanguage();
  const navigate = useNavigate({ from: "/instance/sign-ins" });
  const filter = route.useSearch();
  const [email, setEmail] = useState(filter.email ?? "");
  const [address, setAddress] = useState(filter.ip_address ?? "");
  const query = useInfiniteQuery(
    pagesOf([keys.instance, "sign-ins", filter], (cursor, signal) =>
      take(
        api.GET("/api/v1/admin/sign-ins", { params: { query: { ...filter, cursor, limit: 50 } }, signal }),
      ),
    ),
  );
  return (
    <>
      <Text c="dimmed" mb="sm">
        {t.signIns.ofNobodyText}
      </Text>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void navigate({
            search: { email: email.trim() || undefined, ip_address: address.trim() || undefined },
          });
        }}
      >
        <Group align="flex-end" gap="xs" mb="md">
          <TextInput
            label={t.signIns.email}
            type="email"
            flex={1}
            miw={200}
            maw={320}
            value={email}
            onChange={(e) => setEmail(e.currentTarget.value)}
          />
          <TextInput
            label={t.signIns.ip}
            flex={1}
            miw={160}
            maw={240}
            value={address}
            onChange={(e) => setAddress(e.currentTarget.value)}
          />
          <Button type="submit">{t.signIns.find}</Button>
        </Group>
      </form>
      <Answer query={query}>
        {(attempts) =>
          attempts.length === 0 ? (
            <EmptyState icon={IconLogin2} title={t.signIns.noneTitle}>
              {t.signIns.noneText}
            </EmptyState>
          ) : (
            <>
              <div className={table.wrap}>
                <Table className={table.table} aria-label={t.signIns.ofNobody}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t.audit.when}</Table.Th>
                      <Table.Th visibleFrom="sm">{t.signIns.how}</Table.Th>
                      <Table.Th visibleFrom="sm">{t.signIns.from}</Table.Th>
                      <Table.Th visibleFrom="sm">{t.signIns.mark}</Table.Th>
                      <Table.Th>{t.signIns.outcome}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {attempts.map((attempt) => {
                      const { how, where } = attemptFacts(attempt, t, locale);
                      return (
                        <Table.Tr key={attempt.id}>
                          <Table.Td>
                            <When at={attempt.created_at} />
                            <Text hiddenFrom="sm" size="sm" c="dimmed">
                              {[...how, ...where, attempt.email_mark].filter(Boolean).join(" · ")}
                            </Text>
                          </Table.Td>
                          <Table.Td visibleFrom="sm">{how.join(" · ")}</Table.Td>
                          <Table.Td visibleFrom="sm">{where.join(" · ")}</Table.Td>
                          <Table.Td visibleFrom="sm">
                            {attempt.email_mark ? (
                              <Text ff="monospace" size="sm">
                                {attempt.email_mark}
                              </Text>
                            ) : (
                              <Text c="dimmed">{t.signIns.noMark}</Text>
                            )}
                          </Table.Td>
                          <Table.Td>
                            <Badge variant="dot" color="red" className={table.badge}>
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
    </>
  );
}
