/** Who changed what, with old and new values. */
import { ActionIcon, Code, Collapse, Group, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight, IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { AuditEvent } from "@/api/types";
import { useSession } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { actorName, readable } from "@/shared/eventText";
import { LinkAnchor } from "@/shared/links";
import { MoreRows, pagesOf } from "@/shared/pages";
import { Answer, EmptyState } from "@/shared/states";
import table from "@/shared/table.module.css";
import { addDays, startOfDay } from "@/shared/time";
import { AuditFilters } from "./AuditFilters";
import { AuditFrame } from "./AuditFrame";
import { auditAction } from "./auditAction";
import { changedFields, shown } from "./changedFields";
import classes from "./platform.module.css";

const route = getRouteApi("/app/audit");

export function Audit() {
  const t = useT();
  const session = useSession();
  const navigate = useNavigate({ from: "/audit" });
  const filter = route.useSearch();
  const zone = session.user.timezone;
  const { from, to, ...rest } = filter;
  const period = {
    from: from ? startOfDay(from, zone).toISOString() : undefined,
    to: to ? startOfDay(addDays(to, 1), zone).toISOString() : undefined,
  };
  const query = useInfiniteQuery(
    pagesOf([keys.audit, filter], (cursor, signal) =>
      take(
        api.GET("/api/v1/audit-events", {
          params: { query: { ...rest, ...period, q: searchable(rest.q), cursor, limit: 50 } },
          signal,
        }),
      ),
    ),
  );
  const set = (change: Partial<typeof filter>) => void navigate({ search: (s) => ({ ...s, ...change }) });
  return (
    <AuditFrame>
      <AuditFilters filter={filter} onChange={set} />
      <Answer query={query}>
        {(events) =>
          events.length === 0 && !query.hasNextPage ? (
            <EmptyState icon={IconHistory} title={t.audit.noneTitle}>
              {t.audit.noneText}
            </EmptyState>
          ) : (
            <>
              <div className={table.wrap}>
                <Table className={table.table} aria-label={t.nav.audit}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th w={44}>
                        <span className="visually-hidden">{t.problems.details}</span>
                      </Table.Th>
                      <Table.Th visibleFrom="sm">{t.audit.when}</Table.Th>
                      <Table.Th visibleFrom="sm">{t.audit.who}</Table.Th>
                      <Table.Th>{t.audit.what}</Table.Th>
                      <Table.Th visibleFrom="sm">{t.audit.address}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  {events.map((event) => (
                    <AuditRows key={event.id} event={event} />
                  ))}
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

/** Shorter texts are in too many lines to be of use. */
function searchable(q: string | undefined): string | undefined {
  return q && q.trim().length >= 2 ? q.trim() : undefined;
}

function AuditRows({ event }: { event: AuditEvent }) {
  const t = useT();
  const [open, { toggle }] = useDisclosure(false);
  const fields = changedFields(event.old_values, event.new_values);
  const action = auditAction(event.action, t);
  const entity =
    t.audit.entities[event.entity_type as keyof typeof t.audit.entities] ?? readable(event.entity_type);
  return (
    <Table.Tbody>
      <Table.Tr>
        <Table.Td>
          <ActionIcon onClick={toggle} aria-expanded={open} aria-label={t.audit.changes(action)} size="md">
            {open ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
          </ActionIcon>
        </Table.Td>
        <Table.Td visibleFrom="sm" className={classes.when}>
          <When at={event.created_at} />
        </Table.Td>
        <Table.Td visibleFrom="sm" className={classes.who}>
          <Actor event={event} />
        </Table.Td>
        <Table.Td>
          <Group gap={6}>
            <span>{action}</span>
            {event.entity_id ? (
              <LinkAnchor
                to="/audit"
                search={{ entity_type: event.entity_type, entity_id: event.entity_id ?? undefined }}
                inherit
                c="dimmed"
              >
                {entity}
              </LinkAnchor>
            ) : (
              <Text c="dimmed">{entity}</Text>
            )}
          </Group>
          {/* On a phone when and who stand under what, as there is no room beside it. */}
          <Text hiddenFrom="sm" size="sm" c="dimmed" component="div" className={classes.who}>
            <span className={classes.when}>
              <When at={event.created_at} />
            </span>
            {" · "}
            <Actor event={event} inText />
          </Text>
        </Table.Td>
        <Table.Td visibleFrom="sm">{event.ip_address ?? ""}</Table.Td>
      </Table.Tr>
      {open ? (
        <Table.Tr>
          <Table.Td />
          <Table.Td colSpan={4}>
            <Collapse expanded={open}>
              {event.is_erased ? (
                <Text c="dimmed" mb={6}>
                  {t.audit.erasedValues}
                </Text>
              ) : null}
              <dl className={classes.changes}>
                {fields.map(({ field, before, after }) => (
                  <div key={field}>
                    <dt>{field}</dt>
                    <dd>
                      {before === undefined ? null : <Code className={classes.before}>{shown(before)}</Code>}
                      {before !== undefined && after !== undefined ? <span aria-hidden> → </span> : null}
                      {after === undefined ? null : <Code>{shown(after)}</Code>}
                    </dd>
                  </div>
                ))}
                <Fact name={t.audit.address} value={event.ip_address} />
                <Fact name={t.audit.agent} value={event.user_agent} />
                <Fact name={t.audit.number} value={event.seq ? String(event.seq) : t.audit.notSealed} />
              </dl>
            </Collapse>
          </Table.Td>
        </Table.Tr>
      ) : null}
    </Table.Tbody>
  );
}

function Fact({ name, value }: { name: string; value: string | null | undefined }) {
  if (!value) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** Who did it, and by which program or whose leave where it was not by a right of one's own. */
function Actor({ event, inText }: { event: AuditEvent; inText?: boolean }) {
  const t = useT();
  const { access_token: token, support_lease: lease } = event;
  const by = token ? t.audit.via(token.name) : lease ? t.support.via(lease.granted_by) : null;
  return (
    <>
      <ActorName event={event} inText={inText === true || by !== null} />
      {by ? (
        <Text span inherit c="dimmed">
          {" · "}
          {by}
        </Text>
      ) : null}
    </>
  );
}

/** A member leads to what else he or she did. Within a text the link is underlined (WCAG 1.4.1). */
function ActorName({ event: { actor }, inText }: { event: AuditEvent; inText: boolean }) {
  const t = useT();
  if (!actor?.id) {
    return (
      <Text span inherit c={actor ? undefined : "dimmed"}>
        {actorName(actor, t)}
      </Text>
    );
  }
  return (
    <LinkAnchor to="/audit" search={{ actor_id: actor.id }} inherit underline={inText ? "always" : undefined}>
      {actorName(actor, t)}
    </LinkAnchor>
  );
}
