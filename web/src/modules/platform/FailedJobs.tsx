/** Jobs that gave up: seen, tried again, discarded. */
import { Button, Code, Collapse, Group, Progress, Stack, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconCircleCheck, IconRefresh, IconTrash, IconX } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys, patchCached } from "@/api/cache";
import { api, take } from "@/api/client";
import type { FailedJob, JobBatch } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { useChange } from "@/shared/change";
import { Page, Section } from "@/shared/Page";
import { MoreRows, pagesOf } from "@/shared/pages";
import { Answer, EmptyState } from "@/shared/states";
import states from "@/shared/states.module.css";
import { notice } from "@/shared/toast";
import classes from "./platform.module.css";

export function FailedJobs() {
  const t = useT();
  const query = useInfiniteQuery(
    pagesOf([keys.failedJobs], (cursor, signal) =>
      take(api.GET("/api/v1/failed-jobs", { params: { query: { cursor, limit: 50 } }, signal })),
    ),
  );
  return (
    <Page title={t.nav.failedJobs} description={t.jobs.text} narrow>
      <Answer query={query}>
        {(jobs) =>
          jobs.length === 0 ? (
            <EmptyState icon={IconCircleCheck} title={t.jobs.noneTitle}>
              {t.jobs.noneText}
            </EmptyState>
          ) : (
            <>
              {jobs.map((job) => (
                <JobCard key={job.id} job={job} />
              ))}
              <MoreRows query={query} />
            </>
          )
        }
      </Answer>
      <Batches />
    </Page>
  );
}

function JobCard({ job }: { job: FailedJob }) {
  const t = useT();
  const client = useQueryClient();
  const [open, { toggle }] = useDisclosure(false);
  const [asked, ask] = useDisclosure(false);
  const params = { path: { id: job.id } };
  const hide = () => patchCached(client, keys.failedJobs, job.id, () => null);
  const retry = useChange<void>({
    run: () => take(api.POST("/api/v1/failed-jobs/{id}/retries", { params })),
    show: hide,
    stale: [keys.failedJobs],
    done: () => notice(t.jobs.retried(job.task)),
  });
  const discard = useChange<void>({
    run: () => take(api.DELETE("/api/v1/failed-jobs/{id}", { params })),
    show: hide,
    stale: [keys.failedJobs],
    done: () => notice(t.jobs.discarded(job.task)),
  });
  return (
    <Section>
      <Group justify="space-between" align="flex-start">
        <Stack gap={2} miw={0} flex={1}>
          <Text fw={600} ff="monospace">
            {job.task}
          </Text>
          <Text size="sm" c="dimmed">
            {t.jobs.attempts(job.attempts, job.max_attempts)}
            {job.failed_at ? (
              <>
                {" · "}
                <When at={job.failed_at} />
              </>
            ) : null}
          </Text>
        </Stack>
        <Group gap="xs">
          <Button
            variant="default"
            leftSection={<IconRefresh size={16} aria-hidden />}
            loading={retry.isPending}
            onClick={() => retry.mutate()}
          >
            {t.jobs.retry}
          </Button>
          <Button
            variant="default"
            leftSection={<IconTrash size={16} aria-hidden />}
            loading={discard.isPending}
            onClick={ask.open}
          >
            {t.jobs.discard}
          </Button>
        </Group>
      </Group>
      <ConfirmDialog
        opened={asked}
        onClose={ask.close}
        title={t.jobs.discardTitle}
        text={t.jobs.discardText}
        button={t.jobs.discard}
        onConfirm={discard.mutate}
      />
      {job.last_error ? (
        <Code block mt="sm" className={classes.pre}>
          {job.last_error}
        </Code>
      ) : null}
      <UnstyledButton className={states.detail} mt="sm" onClick={toggle} aria-expanded={open}>
        {t.jobs.payload}
      </UnstyledButton>
      <Collapse expanded={open}>
        <Code block mt="xs" className={classes.pre}>
          {JSON.stringify(job.payload, null, 2)}
        </Code>
      </Collapse>
    </Section>
  );
}

function Batches() {
  const t = useT();
  const query = useQuery({
    queryKey: [keys.batches],
    queryFn: () => take(api.GET("/api/v1/job-batches", { params: { query: { limit: 20 } } })),
  });
  if (!query.data || query.data.items.length === 0) return null;
  return (
    <Section title={t.jobs.batches}>
      <Stack>
        {query.data.items.map((batch) => (
          <BatchRow key={batch.id} batch={batch} />
        ))}
      </Stack>
    </Section>
  );
}

function BatchRow({ batch }: { batch: JobBatch }) {
  const t = useT();
  const f = useFormats();
  const cancel = useChange<void>({
    run: () => take(api.DELETE("/api/v1/job-batches/{id}", { params: { path: { id: batch.id } } })),
    stale: [keys.batches],
    done: () => notice(t.jobs.cancelledBatch(batch.name)),
  });
  const done = batch.total_jobs - batch.pending_jobs;
  const progress = t.jobs.progress(f.number(done), f.number(batch.total_jobs), batch.failed_jobs);
  const isOpen = !batch.finished_at && !batch.cancelled_at;
  return (
    <div>
      <Group justify="space-between" gap="xs">
        <Text fw={500} miw={0} flex={1}>
          {batch.name}
        </Text>
        <Text size="sm" c="dimmed">
          {batch.cancelled_at ? `${t.jobs.cancelled} · ${progress}` : progress}
        </Text>
        {isOpen ? (
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconX size={14} aria-hidden />}
            aria-label={`${t.jobs.cancel}: ${batch.name}`}
            loading={cancel.isPending}
            onClick={() => cancel.mutate()}
          >
            {t.jobs.cancel}
          </Button>
        ) : null}
      </Group>
      <Progress
        mt={4}
        size="sm"
        aria-label={batch.name}
        value={batch.total_jobs === 0 ? 100 : (done / batch.total_jobs) * 100}
        color={batch.cancelled_at ? "gray" : batch.failed_jobs > 0 ? "red" : undefined}
      />
    </div>
  );
}
