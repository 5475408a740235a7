import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import { useT } from "@/i18n";
import { check, FormSummary, useFormProblem } from "@/shared/forms";
import { LinkAnchor } from "@/shared/links";
import { AuthShell } from "./AuthShell";

export function ForgotPassword() {
  const t = useT();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "" },
    validate: { email: check.email(t) },
  });
  const problem = useFormProblem(form);
  const ask = useMutation({
    mutationFn: ({ email }: { email: string }) =>
      take(api.POST("/api/v1/password-resets", { body: { email: email.trim() } })),
    onError: problem.show,
  });
  const back = <LinkAnchor to="/sign-in">{t.auth.backToSignIn}</LinkAnchor>;
  if (ask.isSuccess) {
    return (
      <AuthShell title={t.auth.checkMail} text={t.auth.resetSent(ask.variables.email.trim())} foot={back} />
    );
  }
  return (
    <AuthShell title={t.auth.forgotTitle} text={t.auth.forgotText} foot={back}>
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          problem.clear();
          ask.mutate(values);
        })}
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
          <Button type="submit" loading={ask.isPending}>
            {t.auth.sendLink}
          </Button>
        </Stack>
      </form>
    </AuthShell>
  );
}
