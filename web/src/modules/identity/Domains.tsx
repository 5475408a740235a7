/** Domains of the workspace: added, proven by a code in a mail, taken away. */
import { Badge, Button, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconWorld } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Domain } from "@/api/types";
import { useT } from "@/i18n";
import { useChange } from "@/shared/change";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { Section } from "@/shared/Page";
import { Answer, EmptyState } from "@/shared/states";
import { notice } from "@/shared/toast";
import { domainsQuery } from "./company";
import security from "./security.module.css";

const MAILBOXES = ["postmaster", "hostmaster", "webmaster", "admin", "administrator"] as const;

export function Domains() {
  const t = useT();
  const client = useQueryClient();
  const query = useQuery(domainsQuery);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { domain: "" },
    validate: { domain: check.required(t) },
  });
  const problem = useFormProblem(form);
  const add = useMutation({
    mutationFn: (domain: string) => take(api.POST("/api/v1/tenant/domains", { body: { domain } })),
    onSuccess: () => {
      form.reset();
      void client.invalidateQueries({ queryKey: [keys.mailDomains] });
    },
    onError: problem.show,
  });
  return (
    <Section title={t.company.domainsTitle} description={t.company.domainsTitleText} flush>
      <div className={security.list}>
        <Answer query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState icon={IconWorld} title={t.company.noDomains} />
            ) : (
              items.map((domain) => <Row key={domain.id} domain={domain} />)
            )
          }
        </Answer>
        <form
          noValidate
          onSubmit={form.onSubmit(({ domain }) => {
            problem.clear();
            add.mutate(domain.trim());
          }, focusFirst(form))}
        >
          <FormSummary lines={problem.summary} />
          <Group align="flex-end" my="sm">
            <TextInput
              label={t.company.newDomain}
              placeholder="example.com"
              flex={1}
              miw={180}
              maxLength={253}
              key={form.key("domain")}
              {...form.getInputProps("domain")}
            />
            <Button type="submit" variant="default" loading={add.isPending}>
              {t.company.addDomain}
            </Button>
          </Group>
        </form>
      </div>
    </Section>
  );
}

function Row({ domain }: { domain: Domain }) {
  const t = useT();
  const [opened, { open, close }] = useDisclosure(false);
  const remove = useChange<void>({
    run: () => take(api.DELETE("/api/v1/tenant/domains/{id}", { params: { path: { id: domain.id } } })),
    stale: [keys.mailDomains],
    done: () => notice(t.company.domainRemoved(domain.domain)),
  });
  return (
    <Group justify="space-between" wrap="nowrap" className={security.session}>
      <Group gap="xs" className={security.what}>
        <Text fw={500} style={{ overflowWrap: "anywhere" }}>
          {domain.domain}
        </Text>
        <Badge variant="light" color={domain.proven_at ? "green" : "gray"}>
          {domain.proven_at ? t.company.proven : t.company.notProven}
        </Badge>
      </Group>
      <Group gap="xs" wrap="nowrap" flex="none">
        {domain.proven_at ? null : (
          <Button size="compact-md" aria-label={`${t.company.prove}: ${domain.domain}`} onClick={open}>
            {t.company.prove}
          </Button>
        )}
        <Button
          variant="default"
          size="compact-md"
          aria-label={`${t.company.remove}: ${domain.domain}`}
          loading={remove.isPending}
          onClick={() => remove.mutate()}
        >
          {t.company.remove}
        </Button>
      </Group>
      <Modal
        opened={opened}
        onClose={close}
        title={t.company.proveTitle(domain.domain)}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <Proof domain={domain} onDone={close} />
      </Modal>
    </Group>
  );
}

function Proof({ domain, onDone }: { domain: Domain; onDone: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const [mailbox, setMailbox] = useState<(typeof MAILBOXES)[number]>("postmaster");
  const path = { id: domain.id };
  const send = useChange<void, Domain>({
    run: () => take(api.POST("/api/v1/tenant/domains/{id}/mails", { params: { path }, body: { mailbox } })),
    stale: [keys.mailDomains],
    done: ({ mail_sent_to }) => notice(t.company.mailSent(mail_sent_to ?? "")),
  });
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { code: "" },
    validate: { code: check.required(t) },
  });
  const problem = useFormProblem(form);
  const prove = useMutation({
    mutationFn: (code: string) =>
      take(api.POST("/api/v1/tenant/domains/{id}/proof", { params: { path }, body: { code } })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: [keys.mailDomains] });
      notice(t.company.isProven(domain.domain));
      onDone();
    },
    onError: problem.show,
  });
  return (
    <Stack>
      <Text c="dimmed">{t.company.proveText}</Text>
      <Group align="flex-end">
        <Select
          label={t.company.mailbox}
          flex={1}
          miw={200}
          allowDeselect={false}
          value={mailbox}
          onChange={(value) => setMailbox(MAILBOXES.find((one) => one === value) ?? "postmaster")}
          data={MAILBOXES.map((value) => ({ value, label: `${value}@${domain.domain}` }))}
        />
        <Button variant="default" loading={send.isPending} onClick={() => send.mutate()}>
          {t.company.sendCode}
        </Button>
      </Group>
      <form
        noValidate
        onSubmit={form.onSubmit(({ code }) => {
          problem.clear();
          prove.mutate(code.trim());
        }, focusFirst(form))}
      >
        <Stack>
          <FormSummary lines={problem.summary} />
          <TextInput
            label={t.ways.code}
            description={domain.mail_sent_to ? t.company.sentTo(domain.mail_sent_to) : undefined}
            autoComplete="off"
            maxLength={20}
            key={form.key("code")}
            {...form.getInputProps("code")}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={prove.isPending}>
              {t.company.prove}
            </Button>
          </Group>
        </Stack>
      </form>
    </Stack>
  );
}
