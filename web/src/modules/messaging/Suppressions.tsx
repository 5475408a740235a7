/** Who gets nothing but what is part of a booking. */
import { Badge, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconMailOff } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Suppression } from "@/api/types";
import { useT } from "@/i18n";
import security from "@/modules/identity/security.module.css";
import { When } from "@/shared/bits";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { useChange } from "@/shared/change";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { Section } from "@/shared/Page";
import { MoreRows } from "@/shared/pages";
import { Answer, EmptyState } from "@/shared/states";
import { notice } from "@/shared/toast";
import { suppressionsQuery } from "./sending";

export function Suppressions({ writes }: { writes: boolean }) {
  const t = useT();
  const query = useInfiniteQuery(suppressionsQuery);
  return (
    <Section title={t.sending.suppressions} description={t.sending.suppressionsText}>
      <Stack>
        {writes ? <Add /> : null}
        <Answer query={query}>
          {(all) =>
            all.length === 0 ? (
              <EmptyState icon={IconMailOff} title={t.sending.noSuppressionsTitle}>
                {t.sending.noSuppressionsText}
              </EmptyState>
            ) : (
              <div>
                {all.map((one) => (
                  <Row key={one.id} one={one} writes={writes} />
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

function Add() {
  const t = useT();
  const client = useQueryClient();
  const form = useForm<{ channel: "email" | "sms"; recipient: string }>({
    mode: "controlled",
    initialValues: { channel: "email", recipient: "" },
    validate: { recipient: check.required(t) },
  });
  const problem = useFormProblem(form as never);
  const add = useMutation({
    mutationFn: (body: typeof form.values) => take(api.POST("/api/v1/suppressions", { body })),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: [keys.suppressions] });
      form.reset();
      notice(t.sending.suppressed(made.recipient));
    },
    onError: problem.show,
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(
        (values) => {
          problem.clear();
          add.mutate(values);
        },
        focusFirst(form as never),
      )}
    >
      <FormSummary lines={problem.summary} />
      <Group align="flex-start">
        <Select
          label={t.sending.channel}
          allowDeselect={false}
          w={120}
          data={(["email", "sms"] as const).map((value) => ({ value, label: t.sending.channels[value] }))}
          {...form.getInputProps("channel")}
        />
        <TextInput
          label={t.sending.recipient}
          maxLength={254}
          autoComplete="off"
          {...form.getInputProps("recipient")}
        />
        <Button type="submit" variant="default" mt={25} loading={add.isPending}>
          {t.sending.suppress}
        </Button>
      </Group>
    </form>
  );
}

function Row({ one, writes }: { one: Suppression; writes: boolean }) {
  const t = useT();
  const [asked, ask] = useDisclosure(false);
  const remove = useChange<void>({
    run: () => take(api.DELETE("/api/v1/suppressions/{id}", { params: { path: { id: one.id } } })),
    stale: [keys.suppressions],
    done: () => notice(t.sending.unsuppressed(one.recipient)),
  });
  return (
    <Group justify="space-between" gap="xs" className={security.session}>
      <div className={security.what}>
        <Text className={security.long}>{one.recipient}</Text>
        <Text size="sm" c="dimmed" component="div">
          {t.sending.channels[one.channel]} · <When at={one.created_at} />
        </Text>
      </div>
      <Group gap="xs">
        <Badge variant="default">{t.sending.reasons[one.reason]}</Badge>
        {writes ? (
          <Button
            variant="default"
            size="compact-sm"
            loading={remove.isPending}
            aria-label={`${t.sending.unsuppress}: ${one.recipient}`}
            onClick={ask.open}
          >
            {t.sending.unsuppress}
          </Button>
        ) : null}
      </Group>
      <ConfirmDialog
        opened={asked}
        onClose={ask.close}
        title={t.sending.unsuppressTitle(one.recipient)}
        text={t.sending.unsuppressText}
        button={t.sending.unsuppress}
        onConfirm={remove.mutate}
      />
    </Group>
  );
}
