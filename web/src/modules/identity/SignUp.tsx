import { Button, Divider, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import { useLanguage } from "@/i18n";
import { check, FormSummary, focusFirst, PASSWORD_MIN, useFormProblem } from "@/shared/forms";
import { LinkAnchor } from "@/shared/links";
import { PasswordField } from "@/shared/PasswordField";
import { browserZone } from "@/shared/time";
import { AuthShell } from "./AuthShell";
import { ProviderButtons } from "./ProviderButtons";
import { signInOptionsQuery } from "./providers";
import { ResendVerification } from "./ResendVerification";

export function SignUp() {
  const { t, locale } = useLanguage();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "", email: "", password: "", tenant_name: "" },
    validate: {
      name: check.required(t),
      email: check.email(t),
      password: check.password(t),
      tenant_name: check.required(t),
    },
  });
  const problem = useFormProblem(form);
  const { data: options } = useQuery(signInOptionsQuery);
  const signUp = useMutation({
    mutationFn: (values: ReturnType<typeof form.getValues>) =>
      take(
        api.POST("/api/v1/registrations", {
          body: {
            name: values.name.trim(),
            email: values.email.trim(),
            password: values.password,
            tenant_name: values.tenant_name.trim(),
            timezone: browserZone(),
            locale,
          },
        }),
      ),
    onError: problem.show,
  });

  if (signUp.isSuccess) {
    const email = signUp.variables.email.trim();
    return (
      <AuthShell title={t.auth.checkMail} text={t.auth.checkMailText(email)}>
        <Stack>
          <Text>{t.auth.checkMailHint}</Text>
          <ResendVerification email={email} />
        </Stack>
      </AuthShell>
    );
  }

  return (
    <AuthShell
      title={t.auth.signUpTitle}
      text={t.auth.signUpText}
      foot={
        <>
          {t.auth.haveAccount} <LinkAnchor to="/sign-in">{t.auth.signIn}</LinkAnchor>
        </>
      }
    >
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          problem.clear();
          signUp.mutate(values);
        }, focusFirst(form))}
      >
        <Stack>
          <FormSummary lines={problem.summary} />
          <TextInput
            label={t.auth.name}
            autoComplete="name"
            autoFocus
            maxLength={120}
            key={form.key("name")}
            {...form.getInputProps("name")}
          />
          <TextInput
            label={t.auth.email}
            type="email"
            autoComplete="email"
            maxLength={254}
            key={form.key("email")}
            {...form.getInputProps("email")}
          />
          <PasswordField
            label={t.auth.password}
            description={t.forms.password(PASSWORD_MIN)}
            autoComplete="new-password"
            key={form.key("password")}
            {...form.getInputProps("password")}
          />
          <TextInput
            label={t.auth.company}
            autoComplete="organization"
            maxLength={120}
            key={form.key("tenant_name")}
            {...form.getInputProps("tenant_name")}
          />
          <Text size="sm" c="dimmed">
            {t.ways.consent}
          </Text>
          <Button type="submit" loading={signUp.isPending}>
            {t.auth.signUp}
          </Button>
        </Stack>
      </form>
      {options && options.providers.length > 0 ? (
        <>
          <Divider label={t.factors.or} my="md" />
          <ProviderButtons intent="sign_in" onError={problem.show} />
        </>
      ) : null}
    </AuthShell>
  );
}
