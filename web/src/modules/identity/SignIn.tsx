import { Alert, Anchor, Button, Checkbox, Divider, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconBuildingSkyscraper, IconFingerprint, IconMail } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useEffect, useEffectEvent, useState } from "react";
import { api, take } from "@/api/client";
import { asProblem } from "@/api/problem";
import type { PasskeyOptions, SecondFactorDue, Session } from "@/api/types";
import { enter } from "@/app/session";
import { useT } from "@/i18n";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { LinkAnchor, LinkButton } from "@/shared/links";
import { PasswordField } from "@/shared/PasswordField";
import { askPasskey, forgetPasskey, hasPasskeys, isAborted, offerPasskeys } from "@/shared/passkeys";
import { notice, refusal } from "@/shared/toast";
import { AuthShell } from "./AuthShell";
import { ProviderButtons } from "./ProviderButtons";
import { keepIdentity, linkWaiting, signInOptionsQuery, waitingIdentity } from "./providers";
import { ResendVerification } from "./ResendVerification";
import { SecondStep } from "./SecondStep";

const route = getRouteApi("/sign-in");

/** The server waits five minutes for a passkey to answer; an offer that still stands is renewed before. */
const RENEW_MS = 4 * 60_000;

const passkeyOptions = () => take(api.POST("/api/v1/sessions/passkey/options"));

export function SignIn() {
  const t = useT();
  const client = useQueryClient();
  const router = useRouter();
  const { next, reset } = route.useSearch();
  const [unverified, setUnverified] = useState<string | null>(null);
  const [due, setDue] = useState<(SecondFactorDue & { email: string }) | null>(null);
  const [isOver, setOver] = useState(false);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", password: "", remember: true },
    validate: { email: check.email(t), password: (v) => (v ? null : t.forms.required) },
  });
  const problem = useFormProblem(form);
  const { data: options } = useQuery(signInOptionsQuery);
  // What came back from a provider before, and is known to nobody here.
  const [waiting, setWaiting] = useState(waitingIdentity);
  const done = async (session: Session) => {
    enter(client, session);
    try {
      const linked = await linkWaiting();
      if (linked) notice(t.ways.linked(linked));
    } catch (error) {
      refusal(error, t);
    }
    router.history.push(next ?? "/");
  };
  const clear = () => {
    if (signed.isError) signed.reset();
    problem.clear();
    setUnverified(null);
    setOver(false);
  };
  const signIn = useMutation({
    mutationFn: (values: { email: string; password: string; remember: boolean }) =>
      take(api.POST("/api/v1/sessions", { body: { ...values, email: values.email.trim() } })),
    // The password stays in memory no longer than needed.
    gcTime: 0,
    onSuccess: (answer, values) => {
      form.setFieldValue("password", "");
      if ("token" in answer) setDue({ ...answer, email: values.email.trim() });
      else return done(answer);
    },
    onError: (error, values) => {
      const refused = asProblem(error);
      if (refused.code === "email_unverified") return setUnverified(values.email.trim());
      form.setFieldValue("password", "");
      problem.show(error);
    },
  });
  const signed = useMutation({
    mutationFn: async (offered: { options: PasskeyOptions; credential: Record<string, never> } | null) => {
      const options = offered?.options ?? (await passkeyOptions());
      const credential = offered?.credential ?? (await askPasskey(options));
      const { remember } = form.getValues();
      try {
        return await take(
          api.POST("/api/v1/sessions/passkey", { body: { token: options.token, credential, remember } }),
        );
      } catch (error) {
        if (asProblem(error).code === "unknown_passkey") await forgetPasskey(options, credential);
        throw error;
      }
    },
    onSuccess: done,
    onError: (error) => {
      if (!isAborted(error)) problem.show(error);
    },
  });
  // Not again at once after a refusal: what answers by itself would be asked without end.
  useAutofill(due === null && !signed.isPending && !signed.isError, (options, credential) => {
    clear();
    signed.mutate({ options, credential });
  });

  if (due)
    return (
      <SecondStep
        due={due}
        email={due.email}
        text={t.factors.stepText(due.email)}
        onBack={() => setDue(null)}
        onOver={() => {
          setDue(null);
          setOver(true);
        }}
        onDone={done}
      />
    );

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
          clear();
          signIn.mutate(values);
        }, focusFirst(form))}
      >
        <Stack>
          {reset ? (
            <Alert color="green" variant="outline" role="status">
              {t.auth.passwordChanged}
            </Alert>
          ) : null}
          {waiting ? (
            <Alert variant="outline" role="status">
              {t.ways.waiting([waiting.provider, waiting.email].filter(Boolean).join(" · "))}{" "}
              <Anchor
                component="button"
                type="button"
                inherit
                onClick={() => {
                  keepIdentity(null);
                  setWaiting(null);
                }}
              >
                {t.ways.dontLink}
              </Anchor>
            </Alert>
          ) : null}
          {isOver ? (
            <Alert color="yellow" variant="outline" role="alert">
              {t.factors.over}
            </Alert>
          ) : null}
          <FormSummary lines={problem.summary} />
          {unverified ? <ResendVerification email={unverified} /> : null}
          <TextInput
            label={t.auth.email}
            type="email"
            autoComplete="username webauthn"
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
      <Divider label={t.factors.or} my="md" />
      <Stack gap="xs">
        {hasPasskeys() ? (
          <Button
            fullWidth
            variant="default"
            leftSection={<IconFingerprint size={18} aria-hidden />}
            loading={signed.isPending}
            onClick={() => {
              clear();
              signed.mutate(null);
            }}
          >
            {t.factors.withPasskey}
          </Button>
        ) : null}
        {waiting ? null : (
          <ProviderButtons
            intent="sign_in"
            remember={() => form.getValues().remember}
            {...(next ? { next } : {})}
            onError={problem.show}
          />
        )}
        <LinkButton
          to="/sign-in/company"
          fullWidth
          variant="default"
          leftSection={<IconBuildingSkyscraper size={18} aria-hidden />}
        >
          {t.company.withCompany}
        </LinkButton>
        {options?.mail_links ? (
          <LinkButton
            to="/sign-in/mail"
            fullWidth
            variant="default"
            leftSection={<IconMail size={18} aria-hidden />}
          >
            {t.ways.mail}
          </LinkButton>
        ) : null}
      </Stack>
    </AuthShell>
  );
}

/** While it is wanted, passkeys stand among the suggestions of the e-mail field. */
function useAutofill(
  wanted: boolean,
  chosen: (options: PasskeyOptions, credential: Record<string, never>) => void,
) {
  const [round, setRound] = useState(0);
  const onChosen = useEffectEvent(chosen);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each round makes a new offer
  useEffect(() => {
    if (!wanted) return;
    const began = Date.now();
    const stop = offerPasskeys(passkeyOptions, (options, credential) => onChosen(options, credential));
    // A page that nobody looks at asks for nothing until it is looked at again.
    const renew = () => {
      if (!document.hidden && Date.now() - began >= RENEW_MS) setRound((before) => before + 1);
    };
    const timer = setInterval(renew, 15_000);
    document.addEventListener("visibilitychange", renew);
    return () => {
      stop();
      clearInterval(timer);
      document.removeEventListener("visibilitychange", renew);
    };
  }, [wanted, round]);
}
