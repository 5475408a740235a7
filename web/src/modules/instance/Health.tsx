/** How the instance stands, in numbers. */
import { Group, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { InstanceHealth } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { formatBytes } from "@/shared/bytes";
import { Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import { healthQuery } from "./queries";

export function Health() {
  const query = useQuery(healthQuery);
  return <Answer query={query}>{(health) => <Numbers health={health} />}</Answer>;
}

function Numbers({ health }: { health: InstanceHealth }) {
  const t = useT();
  const f = useFormats();
  const size = (bytes: number) => formatBytes(bytes, f.locale);
  const { disk_free_bytes: free, disk_bytes: all } = health;
  const numbers: { label: string; value: string; bad?: boolean }[] = [
    { label: t.instance.database, value: size(health.database_bytes) },
    ...(free != null && all != null
      ? [{ label: t.instance.disk, value: t.instance.free(size(free), size(all)), bad: free * 10 < all }]
      : []),
    { label: t.instance.jobsWaiting, value: f.number(health.jobs_waiting) },
    { label: t.instance.jobsFailed, value: f.number(health.jobs_failed), bad: health.jobs_failed > 0 },
    { label: t.instance.mailsWaiting, value: f.number(health.mails_waiting) },
    { label: t.instance.mailsFailed, value: f.number(health.mails_failed), bad: health.mails_failed > 0 },
    { label: t.instance.eventsWaiting, value: f.number(health.events_waiting) },
  ];
  return (
    <>
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 4 }} mb="md">
        {numbers.map(({ label, value, bad }) => (
          <Paper key={label} withBorder p="md">
            <Text c="dimmed" size="sm">
              {label}
            </Text>
            <Text fw={600} size="lg" c={bad ? "var(--mantine-color-error)" : undefined}>
              {value}
            </Text>
          </Paper>
        ))}
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <ByStatus title={t.instance.tenants} counts={health.tenants} words={t.instance.statuses} />
        <ByStatus title={t.instance.users} counts={health.users} words={t.instance.userStatuses} />
      </SimpleGrid>
    </>
  );
}

function ByStatus({
  title,
  counts,
  words,
}: {
  title: string;
  counts: InstanceHealth["tenants"];
  words: Record<string, string>;
}) {
  const f = useFormats();
  return (
    <Section title={title}>
      <Stack gap={6}>
        {counts.map(({ status, count }) => (
          <Group key={status} justify="space-between">
            <Text>{words[status] ?? status}</Text>
            <Text ff="monospace">{f.number(count)}</Text>
          </Group>
        ))}
      </Stack>
    </Section>
  );
}
