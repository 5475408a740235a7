/** The address one signs in with, and the way to another. */
import { Alert, Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import type { User } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { notice, refusal } from "@/shared/toast";
import { emailChangeQuery } from "./queries";

export function EmailChange({ user }: { user: User }) {
  const t = useT();
  const f = useFormats();
  const client = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  const { data } = useQuery(emailChangeQuery);
  const withdraw = useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/me/email-change")),
    onSuccess: () => notice(t.account.withdrawn),
    onError: (error) => refusal(error, t),
    onSettled: () => client.invalidateQueries({ queryKey: emailChangeQuery.queryKey }),
  });
  const waiting = data?.waiting;
  return (
    <>
      <Group align="flex-end" wrap="nowrap" gap="xs">
        <TextInput
          flex={1}
          label={t.auth.email}
          value={user.email}
          readOnly
          description={t.settings.emailFixed}
        />
        <Button variant="default" flex="none" onClick={open}>
          {t.account.changeEmail}
        </Button>
      </Group>
      {waiting ? (
        <Alert variant="outline" color="indigo">
          <Stack gap="xs" align="flex-start">
            <Text style={{ overflowWrap: "anywhere" }}>
              {t.account.waiting(waiting.email, f.dateTime(waiting.expires_at))}
            </Text>
            <Button
              variant="default"
              size="compact-md"
              loading={withdraw.isPending}
              onClick={() => withdraw.mutate()}
            >
              {t.account.withdrawChange}
            </Button>
          </Stack>
        </Alert>
      ) : null}
      <Modal
        opened={opened}
        onClose={close}
        title={t.account.changeEmailTitle}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <Request onDone={close} />
      </Modal>
    </>
  );
}

function Request({ onDone }: { onDone: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "" },
    validate: { email: check.email(t) },
  });
  const problem = useFormProblem(form);
  const request = useMutation({
    mutationFn: (email: string) => take(api.POST("/api/v1/me/email-change", { body: { email } })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: emailChangeQuery.queryKey });
      onDone();
    },
    onError: problem.show,
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ email }) => {
        problem.clear();
        request.mutate(email.trim());
      }, focusFirst(form))}
    >
      <Stack>
        <Text>{t.account.changeEmailText}</Text>
        <FormSummary lines={problem.summary} />
        <TextInput
          label={t.account.newEmail}
          type="email"
          autoComplete="email"
          data-autofocus
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        <Button type="submit" loading={request.isPending}>
          {t.account.sendConfirmation}
        </Button>
      </Stack>
    </form>
  );
}
