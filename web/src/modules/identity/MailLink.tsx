/** Signing in by a link in a mail: asking for it, and what it leads to. */
import { Button, Checkbox, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "@/api/client";
import { asProblem } from "@/api/problem";
import type { SecondFactorDue, Session } from "@/api/types";
import { enter } from "@/app/session";
import { useT } from "@/i18n";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { LinkAnchor } from "@/shared/links";
import { AuthShell } from "./AuthShell";
import { SecondStep } from "./SecondStep";

export function AskMailLink() {
  const t = useT();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", remember: true },
    validate: { email: check.email(t) },
  });
  const problem = useFormProblem(form);
  const ask = useMutation({
    mutationFn: (values: { email: string; remember: boolean }) =>
      take(
        api.POST("/api/v1/sessions/mail-link/requests", {
          body: { ...values, email: values.email.trim() },
        }),
      ),
    onError: problem.show,
  });
  const foot = <LinkAnchor to="/sign-in">{t.auth.backToSignIn}</LinkAnchor>;
  if (ask.isSuccess)
    return (
      <AuthShell title={t.ways.sentTitle} text={t.ways.sentText(ask.variables.email.trim())} foot={foot}>
        <Text>{t.ways.sentCode}</Text>
        <Text fw={600} fz="xl" ff="monospace" data-testid="mail-link-code">
          {ask.data.code}
        </Text>
      </AuthShell>
    );
  return (
    <AuthShell title={t.ways.mailTitle} text={t.ways.mailText} foot={foot}>
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          problem.clear();
          ask.mutate(values);
        }, focusFirst(form))}
      >
        <Stack>
          <FormSummary lines={problem.summary} />
          <TextInput
            label={t.auth.email}
            type="email"
            autoComplete="username"
            autoFocus
            key={form.key("email")}
            {...form.getInputProps("email")}
          />
          <Checkbox
            label={t.auth.remember}
            key={form.key("remember")}
            {...form.getInputProps("remember", { type: "checkbox" })}
          />
          <Button type="submit" loading={ask.isPending}>
            {t.ways.send}
          </Button>
        </Stack>
      </form>
    </AuthShell>
  );
}

/** By a button, never by being opened: what scans mails opens links. */
export function OpenMailLink() {
  const t = useT();
  const client = useQueryClient();
  const router = useRouter();
  const token = useLocation({ select: ({ hash }) => new URLSearchParams(hash).get("token") ?? "" });
  const [due, setDue] = useState<SecondFactorDue | null>(null);
  const [isOther, setOther] = useState(false);
  const form = useForm({ mode: "uncontrolled", initialValues: { code: "" } });
  const problem = useFormProblem(form);
  const goOn = (session: Session) => {
    enter(client, session);
    router.history.replace("/");
    return undefined;
  };
  const open = useMutation({
    mutationFn: ({ code }: { code: string }) =>
      take(api.POST("/api/v1/sessions/mail-link", { body: { token, code: isOther ? code.trim() : null } })),
    gcTime: 0,
    onSuccess: (answer) => ("user" in answer ? goOn(answer) : setDue(answer)),
    onError: (error) => {
      if (!isOther && asProblem(error).code === "other_browser") setOther(true);
      else problem.show(error);
    },
  });
  const back = () => router.history.replace("/sign-in");
  if (!token) return <AuthShell title={t.auth.linkBroken} text={t.auth.linkBrokenText} />;
  if (due) return <SecondStep due={due} email="" onBack={back} onOver={back} onDone={goOn} />;
  return (
    <AuthShell
      title={isOther ? t.ways.otherTitle : t.ways.openTitle}
      text={isOther ? t.ways.otherText : t.ways.openText}
      foot={<LinkAnchor to="/sign-in">{t.auth.backToSignIn}</LinkAnchor>}
    >
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          problem.clear();
          open.mutate(values);
        })}
      >
        <Stack>
          <FormSummary lines={problem.summary} />
          {isOther ? (
            <TextInput
              label={t.ways.code}
              autoComplete="off"
              autoCapitalize="characters"
              autoFocus
              maxLength={20}
              key={form.key("code")}
              {...form.getInputProps("code")}
            />
          ) : null}
          <Button type="submit" loading={open.isPending}>
            {t.auth.signIn}
          </Button>
        </Stack>
      </form>
    </AuthShell>
  );
}
