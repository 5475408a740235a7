/** An invitation from its mail: who invites, to what, as what; accept or decline. */
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "@/api/client";
import { asProblem } from "@/api/problem";
import type { InvitationLookup } from "@/api/types";
import { enter, sessionQuery, useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { check, FormSummary, focusFirst, PASSWORD_MIN, useFormProblem } from "@/shared/forms";
import { LinkAnchor } from "@/shared/links";
import { PasswordField } from "@/shared/PasswordField";
import { ProblemAlert, RowsSkeleton } from "@/shared/states";
import { AuthShell } from "./AuthShell";
import { ProviderButtons } from "./ProviderButtons";
import { keepIdentity, waitingIdentity } from "./providers";
import { roleName } from "./roleName";

export function AcceptInvitation() {
  const t = useT();
  const token = useLocation({ select: ({ hash }) => new URLSearchParams(hash).get("token") ?? "" });
  const lookup = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => take(api.POST("/api/v1/invitation-lookups", { body: { token } })),
    enabled: token !== "",
    retry: false,
  });
  if (!token) return <AuthShell title={t.auth.linkBroken} text={t.auth.linkBrokenText} />;
  if (lookup.error) {
    if (asProblem(lookup.error).status === 422)
      return (
        <AuthShell
          title={t.invitations.goneTitle}
          text={t.invitations.goneText}
          foot={<LinkAnchor to="/sign-in">{t.auth.backToSignIn}</LinkAnchor>}
        />
      );
    return (
      <AuthShell title={t.invitations.title}>
        <ProblemAlert error={lookup.error} retry={() => void lookup.refetch()} />
      </AuthShell>
    );
  }
  if (!lookup.data) {
    return (
      <AuthShell title={t.invitations.title}>
        <RowsSkeleton rows={3} />
      </AuthShell>
    );
  }
  return <Invited token={token} invitation={lookup.data} />;
}

function Invited({ token, invitation }: { token: string; invitation: InvitationLookup }) {
  const t = useT();
  const f = useFormats();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data: session } = useQuery(sessionQuery);
  const signedInAsInvited = session?.user.email.toLowerCase() === invitation.email.toLowerCase();
  const newcomer = !invitation.account_exists;
  // Somebody whose provider has confirmed an address; the server looks whether it is the invited one.
  const [identity] = useState(() => (newcomer ? waitingIdentity() : null));
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: identity?.name ?? "", password: "" },
    validate: {
      name: newcomer ? check.required(t) : undefined,
      password:
        signedInAsInvited || identity
          ? undefined
          : newcomer
            ? check.password(t)
            : (v: string) => (v ? null : t.forms.required),
    },
  });
  const problem = useFormProblem(form);
  const accept = useMutation({
    mutationFn: (values: { name: string; password: string }) =>
      take(
        api.POST("/api/v1/invitation-acceptances", {
          body: {
            token,
            ...(newcomer ? { name: values.name.trim() } : {}),
            ...(identity ? { identity_token: identity.token } : {}),
            ...(signedInAsInvited || identity ? {} : { password: values.password }),
          },
        }),
      ),
    onSuccess: async (next) => {
      keepIdentity(null);
      enter(client, next);
      await navigate({ to: "/" });
    },
    onError: problem.show,
  });
  const decline = useMutation({
    mutationFn: () => take(api.POST("/api/v1/invitation-refusals", { body: { token } })),
    onError: problem.show,
  });

  if (decline.isSuccess) {
    return (
      <AuthShell
        title={t.invitations.declinedTitle}
        text={t.invitations.declinedText(invitation.tenant_name)}
      />
    );
  }
  return (
    <AuthShell
      title={t.invitations.joinTitle(invitation.tenant_name)}
      text={t.invitations.joinText(
        invitation.invited_by ?? invitation.tenant_name,
        roleName(invitation.role, t),
      )}
      foot={t.invitations.validUntil(f.dateTime(invitation.expires_at))}
    >
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          problem.clear();
          accept.mutate(values);
        }, focusFirst(form))}
      >
        <Stack>
          <FormSummary lines={problem.summary} />
          <TextInput label={t.auth.email} value={invitation.email} readOnly autoComplete="username" />
          {newcomer ? (
            <TextInput
              label={t.auth.name}
              autoComplete="name"
              autoFocus
              maxLength={120}
              key={form.key("name")}
              {...form.getInputProps("name")}
            />
          ) : null}
          {identity ? (
            <Text size="sm" c="dimmed">
              {t.ways.invitedAs(identity.provider)}
            </Text>
          ) : null}
          {signedInAsInvited || identity ? null : (
            <>
              <PasswordField
                label={newcomer ? t.auth.newPassword : t.auth.password}
                description={newcomer ? t.forms.password(PASSWORD_MIN) : t.invitations.existing}
                autoComplete={newcomer ? "new-password" : "current-password"}
                key={form.key("password")}
                {...form.getInputProps("password")}
              />
              {newcomer ? null : (
                <LinkAnchor to="/forgot-password" size="sm">
                  {t.auth.forgot}
                </LinkAnchor>
              )}
            </>
          )}
          {session && !signedInAsInvited ? (
            <Text c="dimmed">{t.invitations.otherAccount(session.user.email)}</Text>
          ) : null}
          <Group grow>
            <Button variant="default" loading={decline.isPending} onClick={() => decline.mutate()}>
              {t.invitations.decline}
            </Button>
            <Button type="submit" loading={accept.isPending}>
              {t.invitations.accept}
            </Button>
          </Group>
          {signedInAsInvited || identity ? null : (
            <ProviderButtons intent="sign_in" next={`/invitation#token=${token}`} onError={problem.show} />
          )}
        </Stack>
      </form>
    </AuthShell>
  );
}
