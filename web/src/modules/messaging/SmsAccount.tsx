/** The workspace's account at a provider of SMS. */
import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconDeviceMobileMessage } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import { asProblem } from "@/api/problem";
import type { SmsSettings } from "@/api/types";
import { useT } from "@/i18n";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { useChange } from "@/shared/change";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { Section } from "@/shared/Page";
import { PasswordField } from "@/shared/PasswordField";
import { Answer, EmptyState } from "@/shared/states";
import { notice } from "@/shared/toast";
import { smsSettingsQuery } from "./sending";

export function SmsAccount() {
  const t = useT();
  const query = useQuery(smsSettingsQuery);
  const [begun, setBegun] = useState(false);
  return (
    <Answer query={query}>
      {(settings) =>
        settings || begun ? (
          // Another version is another form.
          <Account key={settings?.version ?? 0} settings={settings} leave={() => setBegun(false)} />
        ) : (
          <EmptyState
            icon={IconDeviceMobileMessage}
            title={t.sending.smsNoneTitle}
            action={<Button onClick={() => setBegun(true)}>{t.sending.smsSetUp}</Button>}
          >
            {t.sending.smsNoneText}
          </EmptyState>
        )
      }
    </Answer>
  );
}

function Account({ settings, leave }: { settings: SmsSettings | null; leave: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const [asked, ask] = useDisclosure(false);
  const form = useForm({
    mode: "controlled",
    initialValues: {
      account_sid: settings?.account_sid ?? "",
      auth_token: "",
      from_number: settings?.from_number ?? "",
      messaging_service_sid: settings?.messaging_service_sid ?? "",
      base_url: settings?.base_url ?? "",
    },
    validate: {
      account_sid: check.required(t),
      auth_token: (value) => (settings || value ? null : t.forms.required),
    },
  });
  const problem = useFormProblem(form);
  const save = useMutation({
    mutationFn: (values: typeof form.values) => {
      const given = (text: string) => text.trim() || undefined;
      return take(
        api.PUT("/api/v1/sms-settings", {
          params: { header: settings ? ifMatch(settings) : {} },
          body: {
            account_sid: values.account_sid.trim(),
            auth_token: given(values.auth_token),
            from_number: given(values.from_number),
            messaging_service_sid: given(values.messaging_service_sid),
            base_url: given(values.base_url),
          },
        }),
      );
    },
    // The request holds the token, which is kept nowhere but in the field.
    gcTime: 0,
    onSuccess: (saved) => {
      client.setQueryData(smsSettingsQuery.queryKey, saved);
      notice(t.sending.smsSaved);
    },
    onError: (error) => {
      problem.show(error);
      const { errors, status } = asProblem(error);
      if (errors.some((one) => one.field === "auth_token")) {
        form.setFieldError("auth_token", t.sending.tokenNew);
      }
      if (status === 412 || status === 428) {
        void client.invalidateQueries({ queryKey: [keys.smsSettings] });
      }
    },
  });
  const remove = useChange<void>({
    run: () =>
      take(
        api.DELETE("/api/v1/sms-settings", {
          params: { header: ifMatch(settings ?? { version: 0 }) },
        }),
      ),
    stale: [keys.smsSettings],
    done: () => {
      leave();
      notice(t.sending.smsRemoved);
    },
  });
  return (
    <Section title={t.sending.sms} description={t.sending.smsText}>
      <form
        noValidate
        autoComplete="off"
        onSubmit={form.onSubmit((values) => {
          problem.clear();
          save.mutate(values);
        }, focusFirst(form))}
      >
        <Stack maw={440}>
          <FormSummary lines={problem.summary} />
          <TextInput
            label={t.sending.account}
            placeholder="AC…"
            maxLength={64}
            {...form.getInputProps("account_sid")}
          />
          <PasswordField
            label={t.sending.token}
            description={settings ? t.sending.tokenStored : undefined}
            autoComplete="new-password"
            {...form.getInputProps("auth_token")}
          />
          <TextInput
            label={t.sending.from}
            description={t.sending.fromText}
            type="tel"
            maxLength={24}
            {...form.getInputProps("from_number")}
          />
          <TextInput
            label={t.sending.service}
            description={t.sending.serviceText}
            placeholder="MG…"
            maxLength={64}
            {...form.getInputProps("messaging_service_sid")}
          />
          <TextInput
            label={t.sending.base}
            description={t.sending.baseText}
            type="url"
            maxLength={300}
            {...form.getInputProps("base_url")}
          />
          <Group>
            <Button type="submit" loading={save.isPending} disabled={settings !== null && !form.isDirty()}>
              {t.common.save}
            </Button>
            {settings ? (
              <Button variant="default" loading={remove.isPending} onClick={ask.open}>
                {t.sending.smsRemove}
              </Button>
            ) : (
              <Button variant="default" onClick={leave}>
                {t.common.back}
              </Button>
            )}
          </Group>
        </Stack>
      </form>
      <ConfirmDialog
        opened={asked}
        onClose={ask.close}
        title={t.sending.smsRemoveTitle}
        text={t.sending.smsRemoveText}
        button={t.sending.smsRemove}
        onConfirm={remove.mutate}
      />
    </Section>
  );
}
