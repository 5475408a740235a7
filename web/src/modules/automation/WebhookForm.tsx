/** Adds a webhook, or changes one; a new one's secret is shown this once. */
import { Button, Group, Modal, MultiSelect, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { IssuedWebhook, WebhookEndpoint } from "@/api/types";
import { useT } from "@/i18n";
import { CopyButton } from "@/shared/bits";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { ShownSecret } from "@/shared/ShownSecret";
import { notice } from "@/shared/toast";
import { webhookKindsQuery } from "./queries";

export function WebhookForm({
  webhook,
  opened,
  onClose,
}: {
  webhook: WebhookEndpoint | null;
  opened: boolean;
  onClose: () => void;
}) {
  const t = useT();
  const [issued, setIssued] = useState<IssuedWebhook | null>(null);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      onExitTransitionEnd={() => setIssued(null)}
      title={webhook ? t.webhooks.change : t.webhooks.create}
      size={620}
      // What is shown once is not lost by a slip.
      closeOnClickOutside={issued === null}
      closeOnEscape={issued === null}
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      {issued ? (
        <WebhookSecret secret={issued.secret} onDone={onClose} />
      ) : (
        <Form webhook={webhook} onIssued={setIssued} onDone={onClose} />
      )}
    </Modal>
  );
}

function Form({
  webhook,
  onIssued,
  onDone,
}: {
  webhook: WebhookEndpoint | null;
  onIssued: (issued: IssuedWebhook) => void;
  onDone: () => void;
}) {
  const t = useT();
  const client = useQueryClient();
  const kinds = useQuery(webhookKindsQuery);
  const form = useForm({
    mode: "controlled",
    initialValues: {
      url: webhook?.url ?? "",
      description: webhook?.description ?? "",
      kinds: webhook?.kinds ?? ([] as string[]),
    },
    validate: { url: check.required(t) },
  });
  const problem = useFormProblem(form);
  const save = useMutation({
    mutationFn: async (values: typeof form.values): Promise<IssuedWebhook | null> => {
      const body = { ...values, kinds: values.kinds.length > 0 ? values.kinds : null };
      if (!webhook) return take(api.POST("/api/v1/webhook-endpoints", { body }));
      const params = { path: { id: webhook.id }, header: ifMatch(webhook) };
      await take(api.PATCH("/api/v1/webhook-endpoints/{id}", { params, body }));
      return null;
    },
    // The answer may hold the secret, which is kept nowhere but in the dialog.
    gcTime: 0,
    onSuccess: (issued) => {
      void client.invalidateQueries({ queryKey: [keys.webhooks] });
      if (issued) return onIssued(issued);
      notice(t.webhooks.saved);
      onDone();
    },
    onError: problem.show,
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        problem.clear();
        save.mutate(values);
      }, focusFirst(form))}
    >
      <Stack>
        <FormSummary lines={problem.summary} />
        <TextInput
          label={t.webhooks.url}
          description={t.webhooks.urlText}
          type="url"
          inputMode="url"
          maxLength={2000}
          autoComplete="off"
          data-autofocus
          {...form.getInputProps("url")}
        />
        <TextInput
          label={t.webhooks.description}
          maxLength={200}
          autoComplete="off"
          {...form.getInputProps("description")}
        />
        <MultiSelect
          label={t.webhooks.kinds}
          description={t.webhooks.kindsText}
          data={kinds.data?.items ?? []}
          searchable
          clearable
          clearButtonProps={{ "aria-label": t.common.clearSelection }}
          {...form.getInputProps("kinds")}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {webhook ? t.common.save : t.common.create}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export function WebhookSecret({ secret, onDone }: { secret: string; onDone: () => void }) {
  const t = useT();
  return (
    <Stack>
      <ShownSecret label={t.webhooks.secret} secret={secret} />
      <Text size="sm">{t.webhooks.secretFor}</Text>
      <Group justify="space-between">
        <CopyButton value={secret} label={t.tokens.copy} />
        <Button onClick={onDone}>{t.common.done}</Button>
      </Group>
    </Stack>
  );
}
