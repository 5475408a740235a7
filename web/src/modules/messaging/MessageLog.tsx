/** The log of messages: of the workspace, or about one record. */
import { Badge, Button, Collapse, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { IconRefresh, IconSend } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Message, MessageChannel, MessageStatus } from "@/api/types";
import { useMay } from "@/app/session";
import { useT } from "@/i18n";
import security from "@/modules/identity/security.module.css";
import { When } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { Section } from "@/shared/Page";
import { MoreRows } from "@/shared/pages";
import { Answer, EmptyState } from "@/shared/states";
import { notice } from "@/shared/toast";
import { CHANNELS, messagesQuery, STATUS_COLORS, STATUSES } from "./sending";

export function MessageLog() {
  const t = useT();
  const [channel, setChannel] = useState<MessageChannel | undefined>();
  const [status, setStatus] = useState<MessageStatus | undefined>();
  const [typed, setTyped] = useState("");
  const [recipient] = useDebouncedValue(typed.trim(), 300);
  const query = useInfiniteQuery(messagesQuery({ channel, status, recipient: recipient || undefined }));
  return (
    <Section title={t.sending.log} description={t.sending.logText}>
      <Stack>
        <Group align="flex-end">
          <Select
            label={t.sending.channel}
            placeholder={t.sending.allChannels}
            clearable
            clearButtonProps={{ "aria-label": t.common.clearSelection }}
            data={CHANNELS.map((value) => ({ value, label: t.sending.channels[value] }))}
            value={channel ?? null}
            onChange={(value) => setChannel((value ?? undefined) as MessageChannel | undefined)}
          />
          <Select
            label={t.sending.status}
            placeholder={t.sending.allStatuses}
            clearable
            clearButtonProps={{ "aria-label": t.common.clearSelection }}
            data={STATUSES.map((value) => ({ value, label: t.sending.statuses[value] }))}
            value={status ?? null}
            onChange={(value) => setStatus((value ?? undefined) as MessageStatus | undefined)}
          />
          <TextInput
            label={t.sending.recipient}
            maxLength={254}
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </Group>
        <Answer query={query}>
          {(messages) =>
            messages.length === 0 ? (
              <EmptyState icon={IconSend} title={t.sending.noneTitle}>
                {t.sending.noneText}
              </EmptyState>
            ) : (
              <div>
                {messages.map((message) => (
                  <MessageRow key={message.id} message={message} />
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

/** What was sent about one record, under a heading of its page. */
export function MessagesAbout({ id }: { id: string }) {
  const t = useT();
  const query = useInfiniteQuery(messagesQuery({ subject_id: id }));
  return (
    <Answer query={query}>
      {(messages) =>
        messages.length === 0 ? (
          <Text c="dimmed" size="sm">
            {t.sending.noneOfBooking}
          </Text>
        ) : (
          <div>
            {messages.map((message) => (
              <MessageRow key={message.id} message={message} />
            ))}
            <MoreRows query={query} />
          </div>
        )
      }
    </Answer>
  );
}

function MessageRow({ message }: { message: Message }) {
  const t = useT();
  const may = useMay();
  const [open, { toggle }] = useDisclosure(false);
  const retry = useChange<void>({
    run: () => take(api.POST("/api/v1/messages/{id}/retries", { params: { path: { id: message.id } } })),
    stale: [keys.messages],
    done: () => notice(t.sending.retried),
  });
  const failed = message.status === "failed" || message.status === "bounced";
  const retryable = failed && (message.channel === "email" || message.channel === "sms");
  const answer = [message.error, message.provider_response].filter(Boolean);
  return (
    <div className={security.session}>
      <Group justify="space-between" align="flex-start" gap="xs">
        <div className={security.what} style={{ flex: "1 1 240px" }}>
          <Text fw={500} className={security.long}>
            {message.title}
          </Text>
          <Text size="sm" c="dimmed" component="div" className={security.long}>
            {t.sending.channels[message.channel]} · {message.recipient} · <When at={message.created_at} />
            {message.segments ? ` · ${t.sending.parts(message.segments)}` : ""}
            {message.attempts > 1 ? ` · ${t.sending.attempts(message.attempts)}` : ""}
            {message.status === "queued" && message.not_before ? (
              <>
                {" · "}
                {t.sending.waitsUntil} <When at={message.not_before} />
              </>
            ) : null}
          </Text>
          {message.status === "kept" ? (
            <Text size="sm" c="dimmed">
              {t.sending.keptText}
            </Text>
          ) : null}
        </div>
        <Group gap="xs">
          <Badge variant="dot" color={STATUS_COLORS[message.status]}>
            {t.sending.statuses[message.status]}
          </Badge>
          {answer.length > 0 ? (
            <Button
              variant="default"
              size="compact-sm"
              onClick={toggle}
              aria-expanded={open}
              aria-label={`${t.sending.details}: ${message.title}`}
            >
              {t.sending.details}
            </Button>
          ) : null}
          {retryable && may("messages:write") ? (
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<IconRefresh size={14} aria-hidden />}
              loading={retry.isPending}
              aria-label={`${t.sending.retry}: ${message.title}`}
              onClick={() => retry.mutate()}
            >
              {t.sending.retry}
            </Button>
          ) : null}
        </Group>
      </Group>
      <Collapse expanded={open}>
        {answer.map((line) => (
          <Text key={line} size="sm" ff="monospace" className={security.long} mt={4}>
            {line}
          </Text>
        ))}
        {message.external_id ? (
          <Text size="sm" c="dimmed" className={security.long}>
            {t.sending.externalId}: {message.external_id}
          </Text>
        ) : null}
      </Collapse>
    </div>
  );
}
