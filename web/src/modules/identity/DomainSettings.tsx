/** Domains of the workspace's own: added, proven by a record, and looked at. */
import { Alert, Badge, Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconWorldWww } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { CustomDomain } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { CopyIcon, When } from "@/shared/bits";
import { wordFor } from "@/shared/eventText";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { Section } from "@/shared/Page";
import { Answer, EmptyState } from "@/shared/states";
import { TypedDialog } from "@/shared/TypedDialog";
import { notice, refusal } from "@/shared/toast";
import classes from "./domains.module.css";
import { domainsQuery } from "./queries";

const COLORS: Record<string, string> = { pending: "yellow", verified: "green", failed: "red" };

export function DomainSettings() {
  const t = useT();
  const query = useQuery(domainsQuery);
  const [adding, setAdding] = useState(false);
  const some = (query.data?.items.length ?? 0) > 0;
  const add = (
    <Button flex="none" variant={some ? "default" : "filled"} onClick={() => setAdding(true)}>
      {t.domains.add}
    </Button>
  );
  return (
    <Section title={t.domains.title} description={t.domains.text} action={some ? add : null}>
      <Answer query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={IconWorldWww} title={t.domains.noneTitle} action={add}>
              {t.domains.noneText}
            </EmptyState>
          ) : (
            <Stack gap="xl">
              {items.map((domain) => (
                <Domain key={domain.id} domain={domain} />
              ))}
            </Stack>
          )
        }
      </Answer>
      <Modal
        opened={adding}
        onClose={() => setAdding(false)}
        title={t.domains.add}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <AddForm done={() => setAdding(false)} />
      </Modal>
    </Section>
  );
}

function AddForm({ done }: { done: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const form = useForm({
    mode: "controlled",
    initialValues: { domain: "" },
    validate: { domain: check.required(t) },
  });
  const problem = useFormProblem(form);
  const add = useMutation({
    mutationFn: (body: typeof form.values) => take(api.POST("/api/v1/custom-domains", { body })),
    onSuccess: done,
    onError: problem.show,
    onSettled: () => client.invalidateQueries({ queryKey: [keys.domains] }),
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        problem.clear();
        add.mutate(values);
      }, focusFirst(form))}
    >
      <Stack>
        <FormSummary lines={problem.summary} />
        <TextInput
          label={t.domains.name}
          description={t.domains.nameText}
          placeholder="book.example.com"
          maxLength={245}
          data-autofocus
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          {...form.getInputProps("domain")}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={add.isPending}>
            {t.domains.add}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Domain({ domain }: { domain: CustomDomain }) {
  const t = useT();
  const f = useFormats();
  const client = useQueryClient();
  const [removing, setRemoving] = useState(false);
  const path = { params: { path: { id: domain.id } } };
  const settled = () => client.invalidateQueries({ queryKey: [keys.domains] });
  const look = useMutation({
    mutationFn: () => take(api.POST("/api/v1/custom-domains/{id}/checks", path)),
    onSuccess: (now) =>
      notice(now.status === "verified" && !now.problem ? t.domains.proven(now.domain) : t.domains.notYet),
    onError: (error) => refusal(error, t),
    onSettled: settled,
  });
  const remove = useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/custom-domains/{id}", path)),
    onSuccess: () => {
      setRemoving(false);
      notice(t.domains.removed(domain.domain));
    },
    onError: (error) => refusal(error, t),
    onSettled: settled,
  });
  const isFine = domain.status === "verified" && !domain.problem;
  const problem = domain.problem ? wordFor(t.domains.problems, domain.problem) : null;
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-start" gap="md">
        <Stack gap={2} style={{ flex: "1 1 240px", overflowWrap: "anywhere" }}>
          <Group gap="xs">
            <Text fw={500}>{domain.domain}</Text>
            <Badge
              variant="dot"
              color={domain.problem && domain.status === "verified" ? "orange" : COLORS[domain.status]}
            >
              {wordFor(t.domains.statuses, domain.status)}
            </Badge>
          </Group>
          {domain.last_checked_at ? (
            <Text size="sm" c="dimmed" component="div">
              {t.domains.checked} <When at={domain.last_checked_at} />
            </Text>
          ) : null}
        </Stack>
        <Group gap="xs">
          <Button
            variant={isFine ? "default" : "filled"}
            aria-label={t.domains.checkName(domain.domain)}
            loading={look.isPending}
            onClick={() => look.mutate()}
          >
            {t.domains.check}
          </Button>
          <Button
            variant="default"
            aria-label={t.domains.remove(domain.domain)}
            onClick={() => setRemoving(true)}
          >
            {t.domains.removeIt}
          </Button>
        </Group>
      </Group>
      {domain.serves_until ? (
        <Alert variant="outline" color="orange">
          {t.domains.servesUntil(f.date(domain.serves_until))}
        </Alert>
      ) : null}
      {problem && !domain.serves_until ? (
        <Alert variant="outline" color={domain.status === "failed" ? "red" : "yellow"}>
          {problem}
        </Alert>
      ) : null}
      {isFine ? null : <Text c="dimmed">{t.domains.steps}</Text>}
      <Record purpose={t.domains.proof} type="TXT" name={domain.record_name} value={domain.record_value} />
      {isFine ? (
        <Text size="sm" c="dimmed">
          {t.domains.keep}
        </Text>
      ) : (
        <>
          <Record purpose={t.domains.leads} type="CNAME" name={domain.domain} value={domain.target} />
          <Text size="sm" c="dimmed">
            {t.domains.apex}
          </Text>
        </>
      )}
      <TypedDialog
        opened={removing}
        onClose={() => setRemoving(false)}
        title={t.domains.remove(domain.domain)}
        text={t.domains.removeText}
        label={t.domains.name}
        expected={domain.domain}
        button={t.domains.removeIt}
        pending={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </Stack>
  );
}

function Record({
  purpose,
  type,
  name,
  value,
}: {
  purpose: string;
  type: string;
  name: string;
  value: string;
}) {
  const t = useT();
  return (
    <div className={classes.record}>
      <Text fw={500} size="sm">
        {purpose}
      </Text>
      <dl className={classes.fields}>
        <dt>{t.domains.type}</dt>
        <dd>{type}</dd>
        <dt>{t.domains.recordName}</dt>
        <dd>
          <span className={classes.value}>{name}</span>
          <CopyIcon value={name} label={t.domains.copy(`${type} · ${t.domains.recordName}`)} />
        </dd>
        <dt>{t.domains.recordValue}</dt>
        <dd>
          <span className={classes.value}>{value}</span>
          <CopyIcon value={value} label={t.domains.copy(`${type} · ${t.domains.recordValue}`)} />
        </dd>
      </dl>
    </div>
  );
}
