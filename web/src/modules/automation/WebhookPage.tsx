/** One webhook: what it is, what can be done with it, and its log. */
import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { WebhookEndpoint } from "@/api/types";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { useChange } from "@/shared/change";
import { LinkAnchor } from "@/shared/links";
import { Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import { notice, refusal } from "@/shared/toast";
import { Deliveries } from "./Deliveries";
import { webhookQuery } from "./queries";
import { WebhookForm, WebhookSecret } from "./WebhookForm";
import { WebhookState } from "./Webhooks";
import classes from "./webhooks.module.css";

const route = getRouteApi("/app/settings/webhooks/$id");

export function WebhookPage() {
  const t = useT();
  const { id } = route.useParams();
  const query = useQuery(webhookQuery(id));
  return (
    <>
      <LinkAnchor display="inline-block" mb="sm" to="/settings/webhooks">
        {t.webhooks.back}
      </LinkAnchor>
      <Answer query={query}>
        {(webhook) => (
          <>
            <Endpoint webhook={webhook} />
            <Deliveries webhook={webhook} />
          </>
        )}
      </Answer>
    </>
  );
}

function Endpoint({ webhook }: { webhook: WebhookEndpoint }) {
  const t = useT();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [editing, edit] = useDisclosure(false);
  const [removing, remove] = useDisclosure(false);
  const params = { path: { id: webhook.id } };
  const versioned = { ...params, header: ifMatch(webhook) };
  const toggle = useChange<boolean>({
    run: (is_active) =>
      take(api.PATCH("/api/v1/webhook-endpoints/{id}", { params: versioned, body: { is_active } })),
    stale: [keys.webhooks],
    done: () => notice(t.webhooks.saved),
  });
  const test = useChange<void>({
    run: () => take(api.POST("/api/v1/webhook-endpoints/{id}/tests", { params })),
    stale: [keys.webhookDeliveries],
    done: () => notice(t.webhooks.tested),
  });
  const removal = useChange<void>({
    run: () => take(api.DELETE("/api/v1/webhook-endpoints/{id}", { params: versioned })),
    stale: [],
    done: () => {
      notice(t.webhooks.removed);
      void navigate({ to: "/settings/webhooks" });
      void client.invalidateQueries({ queryKey: [keys.webhooks], exact: true });
    },
  });
  const rotate = useMutation({
    mutationFn: () => take(api.POST("/api/v1/webhook-endpoints/{id}/secrets", { params })),
    // The answer holds the secret, which is kept nowhere but in the dialog.
    gcTime: 0,
    onSuccess: () => void client.invalidateQueries({ queryKey: [keys.webhooks] }),
    onError: (error) => refusal(error, t),
  });
  return (
    <Section>
      <Stack>
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <div className={classes.what}>
            <Text fw={500} className={classes.mono}>
              {webhook.url}
            </Text>
            {webhook.description ? <Text size="sm">{webhook.description}</Text> : null}
            <Text size="sm" c="dimmed" className={classes.pre}>
              {webhook.kinds?.join(", ") ?? t.webhooks.allKinds}
            </Text>
          </div>
          <WebhookState webhook={webhook} />
        </Group>
        {webhook.disabled_reason ? (
          <Alert color="yellow" variant="outline" icon={<IconAlertTriangle size={20} aria-hidden />}>
            {webhook.disabled_reason === "gone" ? t.webhooks.gone : t.webhooks.failed}
          </Alert>
        ) : null}
        {webhook.is_active && webhook.failing_since ? (
          <Text size="sm" c="dimmed" component="div">
            {t.webhooks.failingSince} <When at={webhook.failing_since} />
          </Text>
        ) : null}
        <Group gap="xs">
          <Button variant="default" onClick={edit.open}>
            {t.webhooks.change}
          </Button>
          <Button
            variant="default"
            disabled={!webhook.is_active}
            loading={test.isPending}
            onClick={() => test.mutate()}
          >
            {t.webhooks.test}
          </Button>
          <Button variant="default" loading={rotate.isPending} onClick={() => rotate.mutate()}>
            {t.webhooks.rotate}
          </Button>
          <Button
            variant="default"
            loading={toggle.isPending}
            onClick={() => toggle.mutate(!webhook.is_active)}
          >
            {webhook.is_active ? t.webhooks.switchOff : t.webhooks.switchOn}
          </Button>
          <Button variant="default" loading={removal.isPending} onClick={remove.open}>
            {t.webhooks.remove}
          </Button>
        </Group>
      </Stack>
      <WebhookForm key={webhook.version} webhook={webhook} opened={editing} onClose={edit.close} />
      <ConfirmDialog
        opened={removing}
        onClose={remove.close}
        title={t.webhooks.removeTitle}
        text={t.webhooks.removeText}
        button={t.webhooks.remove}
        onConfirm={removal.mutate}
      />
      <Modal
        opened={rotate.data !== undefined}
        onClose={() => rotate.reset()}
        title={t.webhooks.rotated}
        closeOnClickOutside={false}
        closeOnEscape={false}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <Stack>
          <Text size="sm">{t.webhooks.rotateText}</Text>
          {rotate.data ? <WebhookSecret secret={rotate.data.secret} onDone={() => rotate.reset()} /> : null}
        </Stack>
      </Modal>
    </Section>
  );
}
