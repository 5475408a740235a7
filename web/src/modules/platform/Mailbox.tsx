/** Mails of the instance, for its administrators: what was sent, and what is kept where no server sends it. */
import { Badge, Table, Text } from "@mantine/core";
import { IconMailbox } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { useSession } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { wordFor } from "@/shared/eventText";
import { useListKeys } from "@/shared/keys";
import { Page } from "@/shared/Page";
import { MoreRows, pagesOf } from "@/shared/pages";
import { SearchField } from "@/shared/SearchField";
import { Answer, EmptyState } from "@/shared/states";
import table from "@/shared/table.module.css";
import { MailboxLocked, useMailboxLocked } from "./MailboxLocked";

const route = getRouteApi("/app/mailbox");

export function Mailbox() {
  const t = useT();
  const navigate = useNavigate({ from: "/mailbox" });
  const { q } = route.useSearch();
  const session = useSession();
  const query = useInfiniteQuery({
    ...pagesOf([keys.mails, "list", { q }], (cursor, signal) =>
      take(api.GET("/api/v1/mails", { params: { query: { q, cursor, limit: 50 } }, signal })),
    ),
    enabled: session.user.is_platform_admin,
  });
  const locked = useMailboxLocked(query.error);
  const ids = useMemo(() => (query.data ?? []).filter((m) => m.can_open).map((m) => m.id), [query.data]);
  const open = (id: string) => void navigate({ to: "/mailbox/$id", params: { id } });
  const { current } = useListKeys(ids, { open });
  if (locked) {
    return (
      <Page title={t.nav.mailbox}>
        <MailboxLocked retry={() => void query.refetch()} />
      </Page>
    );
  }
  return (
    <Page title={t.nav.mailbox} description={t.mailbox.text}>
      <div className={table.toolbar}>
        <SearchField
          label={t.mailbox.search}
          value={q}
          onSearch={(next) => void navigate({ search: { q: next }, replace: true })}
        />
      </div>
      <Answer query={query}>
        {(mails) =>
          mails.length === 0 ? (
            <EmptyState icon={IconMailbox} title={q ? t.common.nothingFound : t.mailbox.noneTitle}>
              {q ? null : t.mailbox.noneText}
            </EmptyState>
          ) : (
            <>
              <div className={table.wrap}>
                <Table
                  className={`${table.table} ${table.stack}`}
                  highlightOnHover
                  aria-label={t.nav.mailbox}
                >
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t.mailbox.subject}</Table.Th>
                      <Table.Th visibleFrom="sm">{t.mailbox.to}</Table.Th>
                      <Table.Th>{t.mailbox.status}</Table.Th>
                      <Table.Th visibleFrom="sm">{t.mailbox.date}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {mails.map((mail) => (
                      <Table.Tr
                        key={mail.id}
                        className={mail.can_open ? table.row : undefined}
                        data-open={current === mail.id || undefined}
                        onClick={mail.can_open ? () => open(mail.id) : undefined}
                      >
                        <Table.Td className={table.fill}>
                          {mail.can_open ? (
                            <Link
                              to="/mailbox/$id"
                              params={{ id: mail.id }}
                              data-row={mail.id}
                              className={table.cell}
                              style={{ color: "inherit", textDecoration: "none", fontWeight: 500 }}
                              onClick={(event) => event.stopPropagation()}
                            >
                              {mail.subject}
                            </Link>
                          ) : (
                            <Text className={table.cell} c={mail.is_hidden ? "dimmed" : undefined}>
                              {mail.is_hidden ? t.mailbox.ofWorkspace : mail.subject}
                            </Text>
                          )}
                          {mail.last_error ? (
                            <Text size="sm" c="dimmed" className={table.cell}>
                              {mail.last_error}
                            </Text>
                          ) : null}
                          <Text hiddenFrom="sm" size="sm" c="dimmed" className={table.cell}>
                            {mail.is_hidden ? t.mailbox.hidden : mail.to} · <When at={mail.created_at} />
                          </Text>
                        </Table.Td>
                        <Table.Td visibleFrom="sm">
                          <span className={table.cell}>{mail.is_hidden ? t.mailbox.hidden : mail.to}</span>
                        </Table.Td>
                        <Table.Td className={table.act}>
                          <Badge variant="default" className={table.badge}>
                            {wordFor(t.mailbox.statuses, mail.status)}
                          </Badge>
                        </Table.Td>
                        <Table.Td visibleFrom="sm">
                          <When at={mail.created_at} />
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
    </Page>
  );
}
