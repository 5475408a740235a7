/** The log of a webhook: each delivery with its attempts, and replays. */
import { Badge, Button, Code, Collapse, Group, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconRefresh, IconSend } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { WebhookDelivery, WebhookEndpoint } from "@/api/types";
import { useT } from "@/i18n";
import security from "@/modules/identity/security.module.css";
import { When } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { Section } from "@/shared/Page";
import { MoreRows, pagesOf } from "@/shared/pages";
import { Answer, EmptyState } from "@/shared/states";
import { notice } from "@/shared/toast";
import classes from "./webhooks.module.css";

const STATUSES = ["all", "pending", "succeeded", "failed"] as const;
type Filter = (typeof STATUSES)[number];
const COLORS = { pending: "yellow", succeeded: "green", failed: "red" } as const;

export function Deliveries({ webhook }: { webhook: WebhookEndpoint }) {
  const t = useT();
  const [filter, setFilter] = useState<Filter>("all");
  const status = filter === "all" ? undefined : filter;
  const query = useInfiniteQuery({
    ...pagesOf([keys.webhookDeliveries, webhook.id, filter], (cursor, signal) =>
      take(
        api.GET("/api/v1/webhook-endpoints/{id}/deliveries", {
          params: { path: { id: webhook.id }, query: { status, cursor, limit: 30 } },
          signal,
        }),
      ),
    ),
    // Attempts are no events of the workspace, so the stream does not tell of them.
    refetchInterval: 5_000,
  });
  return (
    <Section title={t.webhooks.log} description={t.webhooks.logText}>
      <Stack>
        <SegmentedControl
          aria-label={t.webhooks.filter}
          value={filter}
          onChange={(value) => setFilter(value as Filter)}
          data={STATUSES.map((value) => ({ value, label: t.webhooks.statuses[value] }))}
        />
        <ReplaySince webhook={webhook} />
        <Answer query={query}>
          {(deliveries) =>
            deliveries.length === 0 ? (
              <EmptyState icon={IconSend} title={t.webhooks.logNoneTitle}>
                {t.webhooks.logNoneText}
              </EmptyState>
            ) : (
              <div>
                {deliveries.map((delivery) => (
                  <Row key={delivery.id} delivery={delivery} active={webhook.is_active} />
                ))}
                <MoreRows query={query} />
              </div>
            )
          }
        </Answer>
      </Stack>
    </Section>
  );
}

const DAYS = { day: 1, week: 7, quarter: 90 } as const;
type Period = keyof typeof DAYS;

function ReplaySince({ webhook }: { webhook: WebhookEndpoint }) {
  const t = useT();
  const [period, setPeriod] = useState<Period>("week");
  const replay = useChange<void, { count: number }>({
    run: () =>
      take(
        api.POST("/api/v1/webhook-endpoints/{id}/replays", {
          params: { path: { id: webhook.id } },
          body: { since: new Date(Date.now() - DAYS[period] * 86_400_000).toISOString() },
        }),
      ),
    stale: [keys.webhookDeliveries],
    done: ({ count }) => notice(t.webhooks.replayedCount(count)),
  });
  return (
    <Group align="flex-end" gap="xs">
      <Select
        label={t.webhooks.since}
        description={t.webhooks.replaySinceText}
        value={period}
        onChange={(value) => setPeriod((value ?? "week") as Period)}
        allowDeselect={false}
        data={(Object.keys(DAYS) as Period[]).map((value) => ({ value, label: t.webhooks.periods[value] }))}
      />
      <Button
        variant="default"
        leftSection={<IconRefresh size={16} aria-hidden />}
        disabled={!webhook.is_active}
        loading={replay.isPending}
        onClick={() => replay.mutate()}
      >
        {t.webhooks.replaySince}
      </Button>
    </Group>
  );
}

function Row({ delivery, active }: { delivery: WebhookDelivery; active: boolean }) {
  const t = useT();
  const [open, { toggle }] = useDisclosure(false);
  const replay = useChange<void>({
    run: () =>
      take(api.POST("/api/v1/webhook-deliveries/{id}/replays", { params: { path: { id: delivery.id } } })),
    stale: [keys.webhookDeliveries],
    done: () => notice(t.webhooks.replayed),
  });
  return (
    <div className={security.session}>
      <Group justify="space-between" align="flex-start" gap="xs">
        <div className={classes.what}>
          <Group gap="xs">
            <Button variant="default" size="compact-sm" onClick={toggle} aria-expanded={open}>
              {delivery.kind}
            </Button>
            <Badge variant="dot" color={COLORS[delivery.status]}>
              {t.webhooks.statuses[delivery.status]}
            </Badge>
          </Group>
          <Text size="sm" c="dimmed" component="div">
            <When at={delivery.created_at} />
            {" · "}
            {t.webhooks.attempts(delivery.attempts)}
            {delivery.http_status ? ` · ${delivery.http_status}` : ""}
            {delivery.error ? ` · ${delivery.error}` : ""}
            {delivery.status === "pending" && delivery.attempts > 0 && delivery.next_attempt_at ? (
              <>
                {" · "}
                {t.webhooks.next} <When at={delivery.next_attempt_at} />
              </>
            ) : null}
          </Text>
        </div>
        <Button
          variant="default"
          size="compact-md"
          flex="none"
          disabled={!active}
          loading={replay.isPending}
          aria-label={`${t.webhooks.replay}: ${delivery.kind}`}
          onClick={() => replay.mutate()}
        >
          {t.webhooks.replay}
        </Button>
      </Group>
      <Collapse expanded={open}>
        {open ? <Details id={delivery.id} attempts={delivery.attempts} /> : null}
      </Collapse>
    </div>
  );
}

function Details({ id, attempts }: { id: string; attempts: number }) {
  const t = useT();
  const query = useQuery({
    queryKey: [keys.webhookDeliveries, "details", id, attempts],
    queryFn: ({ signal }) =>
      take(api.GET("/api/v1/webhook-deliveries/{id}", { params: { path: { id } }, signal })),
  });
  return (
    <Answer query={query}>
      {({ payload, attempt_log }) => (
        <Stack gap="xs" mt="xs">
          <Text size="sm" fw={500}>
            {t.webhooks.payload}
          </Text>
          <Code block className={classes.pre}>
            {JSON.stringify(payload, null, 2)}
          </Code>
          {attempt_log.map((attempt) => (
            <div key={attempt.number}>
              <Text size="sm" component="div">
                {t.webhooks.attempt(attempt.number)} · <When at={attempt.started_at} /> ·{" "}
                {attempt.http_status ?? attempt.error ?? t.webhooks.noAnswer} ·{" "}
                {t.webhooks.took(attempt.duration_ms)}
              </Text>
              {attempt.response_body ? (
                <Code block className={classes.pre}>
                  {attempt.response_body}
                </Code>
              ) : null}
            </div>
          ))}
        </Stack>
      )}
    </Answer>
  );
}
