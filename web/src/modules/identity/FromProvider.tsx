/** Back from another company's sign-in page: in, one step further, or somebody new. */
import { Alert, Button, Divider, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { asProblem, problemText } from "@/api/problem";
import type { SecondFactorDue, Session, UnknownIdentity } from "@/api/types";
import { landing } from "@/app/access";
import { enter } from "@/app/session";
import { useLanguage, useT } from "@/i18n";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { LinkAnchor } from "@/shared/links";
import { RowsSkeleton } from "@/shared/states";
import { browserZone } from "@/shared/time";
import { notice } from "@/shared/toast";
import { AuthShell } from "./AuthShell";
import { keepIdentity, nextPath } from "./providers";
import { SecondStep } from "./SecondStep";

const route = getRouteApi("/sign-in/from/$provider");

export function FromProvider() {
  const t = useT();
  const client = useQueryClient();
  const router = useRouter();
  const { provider } = route.useParams();
  const { code, state, iss } = route.useSearch();
  const [due, setDue] = useState<SecondFactorDue | null>(null);
  const [identity, setIdentity] = useState<UnknownIdentity | null>(null);
  const next = nextPath();
  const goOn = (session: Session) => {
    enter(client, session);
    router.history.replace(next);
    return undefined;
  };
  const come = useMutation({
    mutationFn: () =>
      take(
        api.POST("/api/v1/sessions/provider", {
          body: { provider, state: state ?? "", code: code ?? null, iss: iss ?? null },
        }),
      ),
    gcTime: 0,
    onSuccess: (answer) => {
      if ("user" in answer) return goOn(answer);
      if ("methods" in answer) return setDue(answer);
      if (answer.identity) {
        keepIdentity(answer.identity);
        // Who came from an invitation accepts it; there the address was asked for.
        if (next.startsWith("/invitation#")) router.history.replace(next);
        else setIdentity(answer.identity);
        return;
      }
      notice(answer.outcome === "linked" ? t.ways.linkedAny : t.ways.confirmed);
      void client.invalidateQueries({ queryKey: [keys.identities] });
      router.history.replace(next);
    },
  });
  // The answer counts once: not again where the screen is drawn twice.
  const began = useRef(false);
  useEffect(() => {
    if (began.current) return;
    began.current = true;
    // The code is of no more use, and is not to stand in the history.
    window.history.replaceState(window.history.state, "", window.location.pathname);
    come.mutate();
  }, [come]);

  if (identity) return <Newcomer identity={identity} />;
  if (due)
    return (
      <SecondStep
        due={due}
        email=""
        onBack={() => router.history.replace("/sign-in")}
        onOver={() => router.history.replace("/sign-in")}
        onDone={goOn}
      />
    );
  if (come.isError)
    return (
      <AuthShell
        title={t.ways.failedTitle}
        foot={<LinkAnchor to="/sign-in">{t.auth.backToSignIn}</LinkAnchor>}
      >
        <Alert color="red" variant="outline" role="alert">
          {problemText(asProblem(come.error), t)}
        </Alert>
      </AuthShell>
    );
  return (
    <AuthShell title={t.ways.fromTitle} text={t.ways.fromText}>
      <RowsSkeleton rows={2} />
    </AuthShell>
  );
}

function Newcomer({ identity }: { identity: UnknownIdentity }) {
  const { t, locale } = useLanguage();
  const client = useQueryClient();
  const navigate = useNavigate();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: identity.name ?? "", tenant_name: "" },
    validate: { name: check.required(t), tenant_name: check.required(t) },
  });
  const problem = useFormProblem(form);
  const signUp = useMutation({
    mutationFn: (values: { name: string; tenant_name: string }) =>
      take(
        api.POST("/api/v1/registrations/provider", {
          body: {
            token: identity.token,
            name: values.name.trim(),
            tenant_name: values.tenant_name.trim(),
            timezone: browserZone(),
            locale,
          },
        }),
      ),
    onSuccess: async (session) => {
      keepIdentity(null);
      enter(client, session);
      await navigate({ to: landing(session) });
    },
    onError: problem.show,
  });
  return (
    <AuthShell
      title={t.ways.newTitle}
      text={t.ways.newText(identity.email ?? identity.name ?? "?", identity.provider)}
      foot={<LinkAnchor to="/sign-in">{t.auth.backToSignIn}</LinkAnchor>}
    >
      {identity.is_email_verified ? (
        <form
          noValidate
          onSubmit={form.onSubmit((values) => {
            problem.clear();
            signUp.mutate(values);
          }, focusFirst(form))}
        >
          <Stack>
            <FormSummary lines={problem.summary} />
            <TextInput label={t.auth.email} value={identity.email ?? ""} readOnly />
            <TextInput
              label={t.auth.name}
              autoComplete="name"
              maxLength={120}
              key={form.key("name")}
              {...form.getInputProps("name")}
            />
            <TextInput
              label={t.auth.company}
              autoComplete="organization"
              autoFocus
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
      ) : (
        <Text>{t.problems.codes.address_unverified}</Text>
      )}
      <Divider label={t.factors.or} my="md" />
      <Button
        fullWidth
        variant="default"
        styles={{ label: { whiteSpace: "normal", overflow: "visible" } }}
        h="auto"
        py="xs"
        onClick={() => void navigate({ to: "/sign-in" })}
      >
        {t.ways.haveAccount(identity.provider)}
      </Button>
    </AuthShell>
  );
}
