/** Whom of the instance's support one let in, and who asks for it. */
import { Badge, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { IconHeadset } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { SupportLease } from "@/api/types";
import { useFormats, useMay } from "@/app/session";
import { useT } from "@/i18n";
import { wordFor } from "@/shared/eventText";
import { Section } from "@/shared/Page";
import { MoreRows, pagesOf } from "@/shared/pages";
import { Answer, EmptyState } from "@/shared/states";
import { notice, refusal } from "@/shared/toast";
import { summaryOf } from "./accessTokens";
import { LendForm } from "./LendForm";

export function SupportSettings() {
  const t = useT();
  const may = useMay();
  // The request that is answered; null for a lease of one's own accord.
  const [lending, setLending] = useState<SupportLease | null | undefined>();
  const query = useInfiniteQuery({
    ...pagesOf([keys.supportLeases], (cursor, signal) =>
      take(api.GET("/api/v1/support-leases", { params: { query: { cursor, limit: 20 } }, signal })),
    ),
    enabled: may("support:manage"),
  });
  return (
    <Section
      title={t.support.title}
      description={t.support.text}
      action={
        <Button variant="default" flex="none" onClick={() => setLending(null)}>
          {t.support.lend}
        </Button>
      }
    >
      <Answer query={query}>
        {(leases) =>
          leases.length === 0 ? (
            <EmptyState icon={IconHeadset} title={t.support.noneTitle}>
              {t.support.noneText}
            </EmptyState>
          ) : (
            <Stack gap="lg">
              {leases.map((lease) => (
                <Lease key={lease.id} lease={lease} onGrant={() => setLending(lease)} />
              ))}
              <MoreRows query={query} />
            </Stack>
          )
        }
      </Answer>
      <Modal
        opened={lending !== undefined}
        onClose={() => setLending(undefined)}
        title={lending?.administrator ? t.support.asks(lending.administrator) : t.support.lend}
        size={620}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <LendForm request={lending ?? undefined} done={() => setLending(undefined)} />
      </Modal>
    </Section>
  );
}

function Lease({ lease, onGrant }: { lease: SupportLease; onGrant: () => void }) {
  const t = useT();
  const f = useFormats();
  const client = useQueryClient();
  const isRequest = lease.status === "requested";
  const end = useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/support-leases/{id}", { params: { path: { id: lease.id } } })),
    onSuccess: () => notice(isRequest ? t.support.declined : t.support.tookBack),
    onError: (error) => refusal(error, t),
    onSettled: () => client.invalidateQueries({ queryKey: [keys.supportLeases] }),
  });
  const who = lease.administrator ?? t.support.anyAdministrator;
  const why = isRequest ? lease.request_reason : (lease.reason ?? lease.request_reason);
  return (
    <Group justify="space-between" align="flex-start" gap="md">
      <Stack gap={2} style={{ flex: "1 1 260px", overflowWrap: "anywhere" }}>
        <Group gap="xs">
          <Text fw={500}>{isRequest ? t.support.asks(who) : who}</Text>
          <Badge variant="default">{wordFor(t.support.statuses, lease.status)}</Badge>
        </Group>
        <Text>{why}</Text>
        {lease.starts_at && lease.ends_at ? (
          <Text size="sm" c="dimmed">
            {t.support.period(f.dateTime(lease.starts_at), f.dateTime(lease.ends_at))}
            {lease.granted_by ? ` · ${t.support.by(lease.granted_by)}` : ""}
          </Text>
        ) : null}
        {summaryOf(lease.permissions, t, f.locale).map((line) => (
          <Text key={line} size="sm" c="dimmed">
            {line}
          </Text>
        ))}
        {lease.permissions.length > 0 ? (
          <Text size="sm" c="dimmed">
            {lease.shows_personal ? t.support.shows : t.support.hides}
          </Text>
        ) : null}
      </Stack>
      <Group gap="xs">
        {isRequest ? <Button onClick={onGrant}>{t.support.grant}</Button> : null}
        {isRequest || lease.status === "granted" ? (
          <Button variant="default" loading={end.isPending} onClick={() => end.mutate()}>
            {isRequest ? t.support.decline : t.support.takeBack}
          </Button>
        ) : null}
      </Group>
    </Group>
  );
}
