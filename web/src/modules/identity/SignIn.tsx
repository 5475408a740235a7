import { Alert, Button, Checkbox, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "@/api/client";
import { asProblem } from "@/api/problem";
import { enter } from "@/app/session";
import { useT } from "@/i18n";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { LinkAnchor } from "@/shared/links";
import { PasswordField } from "@/shared/PasswordField";
import { AuthShell } from "./AuthShell";
import { ResendVerification } from "./ResendVerification";

const route = getRouteApi("/sign-in");

export function SignIn() {
  const t = useT();
  const client = useQueryClient();
  const router = useRouter();
  const { next, reset } = route.useSearch();
  const [unverified, setUnverified] = useState<string | null>(null);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", password: "", remember: true },
    validate: { email: check.email(t), password: (v) => (v ? null : t.forms.required) },
  });
  const problem = useFormProblem(form);
  const signIn = useMutation({
    mutationFn: (values: { email: string; password: string; remember: boolean }) =>
      take(api.POST("/api/v1/sessions", { body: { ...values, email: values.email.trim() } })),
    onSuccess: (session) => {
      enter(client, session);
      router.history.push(next ?? "/");
    },
    onError: (error, values) => {
      const refused = asProblem(error);
      if (refused.code === "email_unverified") return setUnverified(values.email.trim());
      form.setFieldValue("password", "");
      problem.show(error);
    },
  });

  return (
    <AuthShell
      title={t.auth.signIn}
      foot={
        <>
          {t.auth.noAccount} <LinkAnchor to="/sign-up">{t.auth.signUp}</LinkAnchor>
        </>
      }
    >
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          problem.clear();
          setUnverified(null);
          signIn.mutate(values);
        }, focusFirst(form))}
      >
        <Stack>
          {reset ? (
            <Alert color="green" variant="outline" role="status">
              {t.auth.passwordChanged}
            </Alert>
          ) : null}
          <FormSummary lines={problem.summary} />
          {unverified ? <ResendVerification email={unverified} /> : null}
          <TextInput
            label={t.auth.email}
            type="email"
            autoComplete="username"
            autoFocus
            key={form.key("email")}
            {...form.getInputProps("email")}
          />
          <PasswordField
            label={t.auth.password}
            autoComplete="current-password"
            key={form.key("password")}
            {...form.getInputProps("password")}
          />
          <Group justify="space-between">
            <Checkbox
              label={t.auth.remember}
              key={form.key("remember")}
              {...form.getInputProps("remember", { type: "checkbox" })}
            />
            <LinkAnchor to="/forgot-password">{t.auth.forgot}</LinkAnchor>
          </Group>
          <Button type="submit" loading={signIn.isPending}>
            {t.auth.signIn}
          </Button>
        </Stack>
      </form>
    </AuthShell>
  );
}
