/** The texts that replace the usual words of booking mails. */
import { Badge, Button, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconMailCog } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { MessageTemplate } from "@/api/types";
import { useSession } from "@/app/session";
import { useT } from "@/i18n";
import type { Catalogue } from "@/i18n/en";
import security from "@/modules/identity/security.module.css";
import { wordFor } from "@/shared/eventText";
import { Section } from "@/shared/Page";
import { Answer, EmptyState } from "@/shared/states";
import { templatesQuery } from "./sending";
import { TemplateForm } from "./TemplateForm";

export function Templates({ writes, forAll }: { writes: boolean; forAll: boolean }) {
  const t = useT();
  const query = useQuery(templatesQuery);
  const [opened, { open, close }] = useDisclosure(false);
  const some = (query.data?.items.length ?? 0) > 0;
  const button = writes ? (
    <Button flex="none" variant={some ? "default" : "filled"} onClick={open}>
      {t.sending.write}
    </Button>
  ) : null;
  return (
    <Section
      title={t.sending.templates}
      description={t.sending.templatesText}
      flush
      action={some ? button : null}
    >
      <div className={security.list}>
        <Answer query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState icon={IconMailCog} title={t.sending.noTemplatesTitle} action={button}>
                {t.sending.noTemplatesText}
              </EmptyState>
            ) : (
              items.map((template) => (
                <Row key={template.id} template={template} writes={writes} forAll={forAll} />
              ))
            )
          }
        </Answer>
      </div>
      <TemplateForm template={null} forAll={forAll} opened={opened} onClose={close} />
    </Section>
  );
}

function ownerWords(template: MessageTemplate, me: string, t: Catalogue): string {
  if (template.owner_id === null || template.owner_id === undefined) return t.sending.everybody;
  return template.owner_id === me ? t.sending.me : t.sending.another;
}

function Row({ template, writes, forAll }: { template: MessageTemplate; writes: boolean; forAll: boolean }) {
  const t = useT();
  const me = useSession().user.id;
  const [opened, { open, close }] = useDisclosure(false);
  const mine = template.owner_id === me;
  return (
    <Group justify="space-between" gap="xs" className={security.session}>
      <div className={security.what}>
        <Text fw={500} className={security.long}>
          {template.name}
        </Text>
        <Text size="sm" c="dimmed">
          {[
            wordFor(t.sending.kinds, template.kind),
            t.sending.audiences[template.audience],
            wordFor(t.sending.languages, template.language),
          ].join(" · ")}
        </Text>
      </div>
      <Group gap="xs">
        <Badge variant="default">{ownerWords(template, me, t)}</Badge>
        {writes && (forAll || mine) ? (
          <Button
            variant="default"
            size="compact-sm"
            aria-label={`${t.common.edit}: ${template.name}`}
            onClick={open}
          >
            {t.common.edit}
          </Button>
        ) : null}
      </Group>
      <TemplateForm template={template} forAll={forAll} opened={opened} onClose={close} />
    </Group>
  );
}
