import { Button, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { api, take } from "@/api/client";
import { useT } from "@/i18n";
import { check, FormSummary, PASSWORD_MIN, PASSWORD_MIN_BESIDE, useFormProblem } from "@/shared/forms";
import { LinkAnchor } from "@/shared/links";
import { PasswordField } from "@/shared/PasswordField";
import { AuthShell } from "./AuthShell";

const route = getRouteApi("/reset-password");

export function ResetPassword() {
  const t = useT();
  const navigate = useNavigate();
  const { token } = route.useSearch();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { password: "" },
    // Whether a second factor stands beside it, the server knows.
    validate: { password: check.password(t, PASSWORD_MIN_BESIDE) },
  });
  const problem = useFormProblem(form);
  const reset = useMutation({
    mutationFn: ({ password }: { password: string }) =>
      take(api.PUT("/api/v1/password-resets", { body: { token: token ?? "", password } })),
    onSuccess: () => navigate({ to: "/sign-in", search: { reset: true } }),
    onError: problem.show,
  });
  const another = <LinkAnchor to="/forgot-password">{t.auth.anotherLink}</LinkAnchor>;
  if (!token) return <AuthShell title={t.auth.linkBroken} text={t.auth.linkBrokenText} foot={another} />;
  return (
    <AuthShell title={t.auth.resetTitle} text={t.auth.resetText} foot={another}>
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          problem.clear();
          reset.mutate(values);
        })}
      >
        <Stack>
          <FormSummary lines={problem.summary} />
          <PasswordField
            label={t.auth.newPassword}
            description={t.forms.password(PASSWORD_MIN)}
            autoComplete="new-password"
            autoFocus
            key={form.key("password")}
            {...form.getInputProps("password")}
          />
          <Button type="submit" loading={reset.isPending}>
            {t.auth.setPassword}
          </Button>
        </Stack>
      </form>
    </AuthShell>
  );
}
