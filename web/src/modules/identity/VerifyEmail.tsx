import { Button, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { api, take } from "@/api/client";
import { landing } from "@/app/access";
import { enter } from "@/app/session";
import { useT } from "@/i18n";
import { FormSummary, useFormProblem } from "@/shared/forms";
import { LinkAnchor } from "@/shared/links";
import { PasswordField } from "@/shared/PasswordField";
import { AuthShell } from "./AuthShell";

const route = getRouteApi("/verify-email");

export function VerifyEmail() {
  const t = useT();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { token } = route.useSearch();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { password: "" },
    validate: { password: (v) => (v ? null : t.forms.required) },
  });
  const problem = useFormProblem(form);
  const verify = useMutation({
    mutationFn: ({ password }: { password: string }) =>
      take(api.POST("/api/v1/email-verifications", { body: { token: token ?? "", password } })),
    onSuccess: async (session) => {
      enter(client, session);
      await navigate({ to: landing(session) });
    },
    onError: problem.show,
  });

  if (!token) {
    return (
      <AuthShell title={t.auth.linkBroken} text={t.auth.linkBrokenText}>
        <LinkAnchor to="/sign-in">{t.auth.signIn}</LinkAnchor>
      </AuthShell>
    );
  }
  return (
    <AuthShell title={t.auth.verifyTitle} text={t.auth.verifyText}>
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          problem.clear();
          verify.mutate(values);
        })}
      >
        <Stack>
          <FormSummary lines={problem.summary} />
          <PasswordField
            label={t.auth.password}
            autoComplete="current-password"
            autoFocus
            key={form.key("password")}
            {...form.getInputProps("password")}
          />
          <Button type="submit" loading={verify.isPending}>
            {t.auth.verify}
          </Button>
        </Stack>
      </form>
    </AuthShell>
  );
}
