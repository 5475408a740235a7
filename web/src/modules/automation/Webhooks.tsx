/** The workspace's webhooks: where events go, and how each of them does. */
import { Badge, Button, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconWebhook } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { WebhookEndpoint } from "@/api/types";
import { useT } from "@/i18n";
import security from "@/modules/identity/security.module.css";
import { LinkAnchor } from "@/shared/links";
import { Section } from "@/shared/Page";
import { Answer, EmptyState } from "@/shared/states";
import { webhooksQuery } from "./queries";
import { WebhookForm } from "./WebhookForm";
import classes from "./webhooks.module.css";

export function Webhooks() {
  const t = useT();
  const query = useQuery(webhooksQuery);
  const [opened, { open, close }] = useDisclosure(false);
  const some = (query.data?.items.length ?? 0) > 0;
  const button = (
    <Button flex="none" variant={some ? "default" : "filled"} onClick={open}>
      {t.webhooks.create}
    </Button>
  );
  return (
    <Section title={t.webhooks.title} description={t.webhooks.text} flush action={some ? button : null}>
      <div className={security.list}>
        <Answer query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState icon={IconWebhook} title={t.webhooks.noneTitle} action={button}>
                {t.webhooks.noneText}
              </EmptyState>
            ) : (
              items.map((webhook) => <Row key={webhook.id} webhook={webhook} />)
            )
          }
        </Answer>
      </div>
      <WebhookForm webhook={null} opened={opened} onClose={close} />
    </Section>
  );
}

function Row({ webhook }: { webhook: WebhookEndpoint }) {
  const t = useT();
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap" className={security.session}>
      <div className={classes.what}>
        <LinkAnchor to="/settings/webhooks/$id" params={{ id: webhook.id }} className={classes.mono}>
          {webhook.url}
        </LinkAnchor>
        <Text size="sm" c="dimmed">
          {[
            webhook.description,
            webhook.kinds ? t.webhooks.someKinds(webhook.kinds.length) : t.webhooks.allKinds,
          ]
            .filter(Boolean)
            .join(" · ")}
        </Text>
      </div>
      <WebhookState webhook={webhook} />
    </Group>
  );
}

export function WebhookState({ webhook }: { webhook: WebhookEndpoint }) {
  const t = useT();
  if (!webhook.is_active) return <Badge variant="default">{t.webhooks.off}</Badge>;
  return webhook.failing_since ? (
    <Badge variant="dot" color="red">
      {t.webhooks.failing}
    </Badge>
  ) : (
    <Badge variant="dot" color="green">
      {t.webhooks.active}
    </Badge>
  );
}
