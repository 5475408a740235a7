/** Whom a draft of the security policy would have stopped. */
import { List, Table, Text } from "@mantine/core";
import { IconUserCheck } from "@tabler/icons-react";
import type { Simulation } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { wordFor } from "@/shared/eventText";
import { Section } from "@/shared/Page";
import table from "@/shared/table.module.css";
import classes from "./policy.module.css";

export function PolicySimulation({ result }: { result: Simulation }) {
  const t = useT();
  const f = useFormats();
  // Only where the draft says something about sessions, so that the table stays narrow.
  const hasCap = result.stopped.some((member) => member.by_session_cap > 0);
  const hasSooner = result.stopped.some((member) => member.ended_sooner > 0);
  const rest = result.stopped_members - result.stopped.length;
  if (result.stopped.length === 0) {
    return (
      <Section title={t.policy.simulation}>
        <div className={classes.nobody}>
          <IconUserCheck size={20} aria-hidden />
          <Text fw={500}>{result.sign_ins === 0 ? t.policy.nothing : t.policy.nobody}</Text>
        </div>
        {result.sign_ins > 0 ? (
          <Text c="dimmed" mt={4}>
            {t.policy.played(result.sign_ins, result.members)}
          </Text>
        ) : null}
        <Limits result={result} />
      </Section>
    );
  }
  return (
    <Section title={t.policy.simulation} description={t.policy.played(result.sign_ins, result.members)}>
      <Text fw={500} mb="sm">
        {t.policy.stopped(result.stopped_members)}
      </Text>
      <div className={table.wrap}>
        <Table className={`${table.table} ${classes.stopped}`} aria-label={t.policy.simulation}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t.policy.member}</Table.Th>
              <Table.Th visibleFrom="sm">{t.policy.signIns}</Table.Th>
              <Table.Th visibleFrom="sm">{t.policy.byAddress}</Table.Th>
              <Table.Th visibleFrom="sm">{t.policy.byWayIn}</Table.Th>
              <Table.Th visibleFrom="sm">{t.policy.byFactor}</Table.Th>
              {hasCap ? <Table.Th visibleFrom="sm">{t.policy.byCap}</Table.Th> : null}
              {hasSooner ? <Table.Th visibleFrom="sm">{t.policy.sooner}</Table.Th> : null}
              <Table.Th visibleFrom="sm">{t.policy.hasFactor}</Table.Th>
              <Table.Th visibleFrom="sm">{t.policy.last}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {result.stopped.map((member) => {
              const hasFactor = member.has_second_factor ? t.policy.yes : t.policy.no;
              return (
                <Table.Tr key={member.user_id}>
                  <Table.Td className={classes.member}>
                    <Text fw={500}>{member.name}</Text>
                    <Text size="sm" c="dimmed">
                      {member.email}
                    </Text>
                    {/* On a phone the numbers stand under who, as there is no room beside it. */}
                    <dl className={classes.facts}>
                      {[
                        [t.policy.signIns, f.number(member.sign_ins)],
                        [t.policy.byAddress, f.number(member.by_address)],
                        [t.policy.byWayIn, f.number(member.by_way_in)],
                        [t.policy.byFactor, f.number(member.by_second_factor)],
                        ...(hasCap ? [[t.policy.byCap, f.number(member.by_session_cap)]] : []),
                        ...(hasSooner ? [[t.policy.sooner, f.number(member.ended_sooner)]] : []),
                        [t.policy.hasFactor, hasFactor],
                        [t.policy.last, f.dateTime(member.last_stopped_at)],
                      ].map(([label, value]) => (
                        <div key={label}>
                          <dt>{label}</dt>
                          <dd>{value}</dd>
                        </div>
                      ))}
                    </dl>
                  </Table.Td>
                  <Table.Td visibleFrom="sm">{f.number(member.sign_ins)}</Table.Td>
                  <Table.Td visibleFrom="sm">{f.number(member.by_address)}</Table.Td>
                  <Table.Td visibleFrom="sm">{f.number(member.by_way_in)}</Table.Td>
                  <Table.Td visibleFrom="sm">{f.number(member.by_second_factor)}</Table.Td>
                  {hasCap ? <Table.Td visibleFrom="sm">{f.number(member.by_session_cap)}</Table.Td> : null}
                  {hasSooner ? <Table.Td visibleFrom="sm">{f.number(member.ended_sooner)}</Table.Td> : null}
                  <Table.Td visibleFrom="sm">{hasFactor}</Table.Td>
                  <Table.Td visibleFrom="sm">
                    <When at={member.last_stopped_at} dateOnly />
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </div>
      {rest > 0 ? (
        <Text c="dimmed" mt="sm">
          {t.policy.more(rest)}
        </Text>
      ) : null}
      <Limits result={result} />
    </Section>
  );
}

/** What was not kept, and so could not be played. */
function Limits({ result }: { result: Simulation }) {
  const t = useT();
  if (result.limits.length === 0) return null;
  return (
    <>
      <Text fw={500} mt="md">
        {t.policy.limitsTitle}
      </Text>
      <List size="sm" c="dimmed">
        {result.limits.map((limit) => (
          <List.Item key={limit}>{wordFor(t.policy.limits, limit)}</List.Item>
        ))}
      </List>
    </>
  );
}
