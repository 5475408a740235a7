/** Whose server the workspace's mails go out through: the instance's, or one of its own. */
import { Button, Group, Modal, NumberInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconMailForward } from "@tabler/icons-react";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import { asProblem } from "@/api/problem";
import type { MailSettings as Settings } from "@/api/types";
import { useSession } from "@/app/session";
import { useT } from "@/i18n";
import { SmsAccount } from "@/modules/messaging/SmsAccount";
import { useChange } from "@/shared/change";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { Section } from "@/shared/Page";
import { PasswordField } from "@/shared/PasswordField";
import { Answer, EmptyState } from "@/shared/states";
import { notice } from "@/shared/toast";
import { type MailServer, mailServerInput, mailServerOf, portFor, SECURITIES } from "./mailServer";

/** The workspace's own mail server, or null where it uses the instance's. */
const mailSettingsQuery = queryOptions({
  queryKey: [keys.mailSettings],
  queryFn: async (): Promise<Settings | null> => {
    try {
      return await take(api.GET("/api/v1/mail-settings"));
    } catch (error) {
      if (asProblem(error).status === 404) return null;
      throw error;
    }
  },
});

export function MailSettings() {
  const t = useT();
  const query = useQuery(mailSettingsQuery);
  const [begun, setBegun] = useState(false);
  return (
    <>
      <Answer query={query}>
        {(settings) =>
          settings || begun ? (
            <ServerForm settings={settings} leave={() => setBegun(false)} />
          ) : (
            <EmptyState
              icon={IconMailForward}
              title={t.mailServer.instanceTitle}
              action={<Button onClick={() => setBegun(true)}>{t.mailServer.setUp}</Button>}
            >
              {t.mailServer.instanceText}
            </EmptyState>
          )
        }
      </Answer>
      <SmsAccount />
    </>
  );
}

function ServerForm({ settings, leave }: { settings: Settings | null; leave: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const tenantName = useSession().tenant?.name ?? "";
  const initial = mailServerOf(settings, tenantName);
  const form = useForm<MailServer>({
    mode: "controlled",
    validateInputOnBlur: true,
    initialValues: initial,
    validate: {
      host: (value) => (/^\S+$/.test(value.trim()) ? null : t.mailServer.hostShape),
      port: (value) =>
        Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65535
          ? null
          : t.mailServer.portRange,
      from_address: check.email(t),
    },
  });
  const follow = (saved: Settings) => {
    const values = mailServerOf(saved, tenantName);
    form.setInitialValues(values);
    form.setValues(values);
    form.resetDirty(values);
  };
  // Saved or changed elsewhere: the form follows where it was not touched.
  const version = settings?.version;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new version of the record resets the form
  useEffect(() => {
    if (settings && !form.isDirty()) follow(settings);
  }, [version]);
  const problem = useFormProblem(form as never);
  const save = useMutation({
    mutationFn: (values: MailServer) =>
      take(
        api.PUT("/api/v1/mail-settings", {
          params: { header: settings ? ifMatch(settings) : {} },
          body: mailServerInput(values, settings),
        }),
      ),
    onSuccess: (saved) => {
      client.setQueryData(mailSettingsQuery.queryKey, saved);
      follow(saved);
      notice(t.mailServer.saved);
    },
    onError: async (error) => {
      problem.show(error);
      const { status, errors } = asProblem(error);
      // The stored one stays with the server it was given for; the general word would not say so.
      if (settings?.has_password && errors.some((x) => x.field === "password" && x.code === "required")) {
        form.setFieldError("password", t.mailServer.passwordNew);
      }
      if (status !== 412 && status !== 428) return;
      const newest = await client.fetchQuery(mailSettingsQuery).catch(() => null);
      if (newest) follow(newest);
    },
  });

  return (
    <Section
      title={t.mailServer.title}
      description={settings ? t.mailServer.own : t.mailServer.instanceText}
      action={settings ? <Removal settings={settings} done={leave} /> : null}
    >
      <form
        noValidate
        autoComplete="off"
        onSubmit={form.onSubmit(
          (values) => {
            problem.clear();
            save.mutate(values);
          },
          focusFirst(form as never),
        )}
      >
        <Stack maw={440}>
          <FormSummary lines={problem.summary} />
          <TextInput
            label={t.mailServer.host}
            placeholder="smtp.example.com"
            maxLength={253}
            autoFocus={settings === null}
            {...form.getInputProps("host")}
          />
          <Group grow align="flex-start">
            <Select
              label={t.mailServer.security}
              allowDeselect={false}
              data={SECURITIES.map((value) => ({ value, label: t.mailServer.securities[value] }))}
              {...form.getInputProps("security")}
              onChange={(security) => {
                if (!security) return;
                form.setFieldValue("port", portFor(security, form.getValues()));
                form.setFieldValue("security", security);
              }}
            />
            <NumberInput
              label={t.mailServer.port}
              min={1}
              max={65535}
              clampBehavior="none"
              allowDecimal={false}
              {...form.getInputProps("port")}
            />
          </Group>
          <TextInput
            label={t.mailServer.username}
            description={t.common.optional}
            maxLength={254}
            autoComplete="off"
            {...form.getInputProps("username")}
          />
          {form.values.username.trim() ? (
            <PasswordField
              label={t.auth.password}
              description={settings?.has_password ? t.mailServer.passwordStored : undefined}
              autoComplete="new-password"
              {...form.getInputProps("password")}
            />
          ) : null}
          <TextInput
            label={t.mailServer.fromAddress}
            type="email"
            maxLength={254}
            autoComplete="off"
            {...form.getInputProps("from_address")}
          />
          <TextInput label={t.mailServer.fromName} maxLength={120} {...form.getInputProps("from_name")} />
          <Group>
            <Button type="submit" loading={save.isPending} disabled={settings !== null && !form.isDirty()}>
              {t.common.save}
            </Button>
            {settings ? null : (
              <Button variant="default" onClick={leave}>
                {t.mailServer.remove}
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Section>
  );
}

/** Going back cannot be undone, as the password is not known here; so it asks for the server's name. */
function Removal({ settings, done }: { settings: Settings; done: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  const [typed, setTyped] = useState("");
  const remove = useChange<void>({
    run: () => take(api.DELETE("/api/v1/mail-settings")),
    stale: [],
    done: () => {
      close();
      done();
      client.setQueryData(mailSettingsQuery.queryKey, null);
      notice(t.mailServer.removed);
    },
    refused: ({ status }) => {
      void client.invalidateQueries({ queryKey: mailSettingsQuery.queryKey });
      if (status === 404) close();
      return false;
    },
  });
  return (
    <>
      <Button variant="default" onClick={open}>
        {t.mailServer.remove}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t.mailServer.removeTitle}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (typed.trim() === settings.host) remove.mutate();
          }}
        >
          <Stack>
            <Text>{t.mailServer.removeText}</Text>
            <TextInput
              label={t.contacts.deleteConfirm(settings.host)}
              autoComplete="off"
              data-autofocus
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
            <Group justify="flex-end">
              <Button
                type="submit"
                color="red"
                loading={remove.isPending}
                disabled={typed.trim() !== settings.host}
              >
                {t.mailServer.remove}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
