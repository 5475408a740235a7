/** How far the trail is sealed, signed and verified; and the trail as a file. */
import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { useFormats, useSession } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { formatBytes } from "@/shared/bytes";
import { ExportedFile } from "@/shared/ExportedFile";
import { wordFor } from "@/shared/eventText";
import { Section } from "@/shared/Page";
import { type Period, PeriodField } from "@/shared/PeriodField";
import { MoreRows, pagesOf } from "@/shared/pages";
import { Answer } from "@/shared/states";
import { addDays, startOfDay } from "@/shared/time";
import { refusal } from "@/shared/toast";
import { AuditFrame } from "./AuditFrame";
import classes from "./platform.module.css";

export function AuditChain() {
  return (
    <AuditFrame>
      <State />
      <Exports />
      <Archives />
    </AuditFrame>
  );
}

function State() {
  const t = useT();
  const query = useQuery({
    queryKey: [keys.auditChain],
    queryFn: ({ signal }) => take(api.GET("/api/v1/audit-chain", { signal })),
  });
  return (
    <Section title={t.auditChain.title} description={t.auditChain.text}>
      <Answer query={query}>
        {(chain) => (
          <Stack gap="sm">
            {chain.broken_seq ? (
              <Alert
                color="red"
                variant="outline"
                role="alert"
                icon={<IconAlertTriangle size={20} aria-hidden />}
              >
                {t.auditChain.broken(
                  chain.broken_seq,
                  wordFor(t.auditChain.reasons, chain.broken_reason ?? ""),
                )}
              </Alert>
            ) : null}
            <dl className={classes.changes}>
              <div>
                <dt>{t.auditChain.sealed}</dt>
                <dd>
                  {chain.sealed_at ? (
                    <>
                      {t.auditChain.upTo(chain.sealed_seq)} · <When at={chain.sealed_at} />
                    </>
                  ) : (
                    t.auditChain.nothing
                  )}
                </dd>
              </div>
              <div>
                <dt>{t.auditChain.signed}</dt>
                <dd>
                  {chain.head ? (
                    <>
                      {t.auditChain.upTo(chain.head.seq)} · <When at={chain.head.signed_at} />
                      <br />
                      <Code>{chain.head.hash}</Code>
                    </>
                  ) : (
                    t.auditChain.notSigned
                  )}
                </dd>
              </div>
              <div>
                <dt>{t.auditChain.verified}</dt>
                <dd>
                  {chain.verified_at ? (
                    <>
                      {t.auditChain.upTo(chain.verified_seq ?? 0)} · <When at={chain.verified_at} />
                    </>
                  ) : (
                    t.auditChain.notVerified
                  )}
                </dd>
              </div>
              {chain.keys.map((key) => (
                <div key={key.id}>
                  <dt>{t.auditChain.key}</dt>
                  <dd>
                    <Code>{key.public_key}</Code>
                  </dd>
                </div>
              ))}
            </dl>
          </Stack>
        )}
      </Answer>
    </Section>
  );
}

function Exports() {
  const t = useT();
  const client = useQueryClient();
  const zone = useSession().user.timezone;
  const [period, setPeriod] = useState<Period>([null, null]);
  const [from, to] = period;
  const query = useQuery({
    queryKey: [keys.auditExports],
    queryFn: ({ signal }) => take(api.GET("/api/v1/audit-exports", { signal })),
    refetchInterval: (last) => (last.state.data?.items.some((one) => one.status === "queued") ? 2000 : false),
  });
  const waits = query.data?.items.some((one) => one.status === "queued") ?? false;
  const ask = useMutation({
    mutationFn: () =>
      take(
        api.POST("/api/v1/audit-exports", {
          body: {
            from: from ? startOfDay(from, zone).toISOString() : undefined,
            to: to ? startOfDay(addDays(to, 1), zone).toISOString() : undefined,
          },
        }),
      ),
    onError: (error) => refusal(error, t),
    onSettled: () => client.invalidateQueries({ queryKey: [keys.auditExports] }),
  });
  return (
    <Section title={t.auditChain.exports} description={t.auditChain.exportsText}>
      <Stack gap="sm" align="flex-start">
        {query.data?.items.map((one) => (
          <ExportedFile
            key={one.id}
            one={one}
            name={`audit-${one.id}.jsonl`}
            content={() =>
              take(
                api.GET("/api/v1/audit-exports/{id}/content", {
                  params: { path: { id: one.id } },
                  parseAs: "blob",
                }),
              )
            }
            records={t.auditChain.records(one.records ?? 0)}
          />
        ))}
        <Group gap="sm">
          <PeriodField value={period} onChange={setPeriod} />
          <Button variant="default" loading={ask.isPending} disabled={waits} onClick={() => ask.mutate()}>
            {t.auditChain.ask}
          </Button>
        </Group>
      </Stack>
    </Section>
  );
}

/** Parts that have left the database; nothing is said of them where there are none. */
function Archives() {
  const t = useT();
  const f = useFormats();
  const query = useInfiniteQuery(
    pagesOf([keys.auditArchives], (cursor, signal) =>
      take(api.GET("/api/v1/audit-archives", { params: { query: { cursor, limit: 50 } }, signal })),
    ),
  );
  const archives = query.data ?? [];
  if (archives.length === 0) return null;
  return (
    <Section title={t.retention.archives} description={t.retention.archivesText}>
      <Stack gap="sm">
        {archives.map((one) => (
          <Text key={one.id}>
            <When at={one.from} dateOnly /> – <When at={one.to} dateOnly />{" "}
            <Text span c="dimmed" size="sm">
              {t.auditChain.records(one.records)}, {formatBytes(one.size, f.locale)}
              {one.removed_at ? `, ${t.retention.archiveRemoved(f.date(one.removed_at))}` : null}
            </Text>
          </Text>
        ))}
        <MoreRows query={query} />
      </Stack>
    </Section>
  );
}
