/** What was erased for good: what went, what stays, and why. */
import { Badge, Group, List, Stack, Text } from "@mantine/core";
import { IconEraser } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Erasure } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { Section } from "@/shared/Page";
import { MoreRows, pagesOf } from "@/shared/pages";
import { Answer, EmptyState } from "@/shared/states";

export function Erasures() {
  const t = useT();
  const query = useInfiniteQuery(
    pagesOf([keys.instance, "erasures"], (cursor, signal) =>
      take(api.GET("/api/v1/admin/erasures", { params: { query: { cursor, limit: 20 } }, signal })),
    ),
  );
  return (
    <Answer query={query}>
      {(erasures) =>
        erasures.length === 0 ? (
          <EmptyState icon={IconEraser} title={t.instance.noErasures}>
            {t.instance.noErasuresText}
          </EmptyState>
        ) : (
          <>
            {erasures.map((erasure) => (
              <Report key={erasure.id} erasure={erasure} />
            ))}
            <MoreRows query={query} />
          </>
        )
      }
    </Answer>
  );
}

function Report({ erasure }: { erasure: Erasure }) {
  const t = useT();
  const f = useFormats();
  const tables = Object.entries(erasure.report.tables ?? {}).filter(([, count]) => count > 0);
  const rows = tables.reduce((sum, [, count]) => sum + count, 0);
  const stays = (erasure.report.outcomes ?? []).filter((outcome) => !outcome.removed);
  return (
    <Section
      title={erasure.label || t.instance.erasedUser}
      action={
        erasure.finished_at ? null : (
          <Badge variant="dot" color="yellow">
            {t.instance.underWay}
          </Badge>
        )
      }
    >
      <Stack gap="xs">
        <Group gap="xs">
          <When at={erasure.started_at} />
          <Text c="dimmed">
            {t.instance.removedRows(rows)}, {t.instance.removedFiles(erasure.report.files ?? 0)}
          </Text>
        </Group>
        {stays.length > 0 ? (
          <div>
            <Text fw={500}>{t.instance.stays}</Text>
            <List size="sm">
              {stays.map((outcome) => (
                <List.Item key={outcome.what}>
                  {outcome.what} ({f.number(outcome.count)}): {outcome.reason}
                </List.Item>
              ))}
            </List>
          </div>
        ) : null}
        {tables.length > 0 ? (
          <details>
            <summary>{t.instance.removed}</summary>
            <List size="sm" mt={4}>
              {tables.map(([name, count]) => (
                <List.Item key={name}>
                  {name} ({f.number(count)})
                </List.Item>
              ))}
            </List>
          </details>
        ) : null}
      </Stack>
    </Section>
  );
}
