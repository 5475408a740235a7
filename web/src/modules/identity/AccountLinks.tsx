/** What links in mails lead to: a new address confirmed, an account restored. Each does so by a button, never by being opened. */
import { Button, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { api, take } from "@/api/client";
import { asProblem, problemText } from "@/api/problem";
import { useT } from "@/i18n";
import { FormSummary } from "@/shared/forms";
import { LinkAnchor, LinkButton } from "@/shared/links";
import { AuthShell } from "./AuthShell";

const confirmRoute = getRouteApi("/confirm-email");
const restoreRoute = getRouteApi("/restore-account");

export function ConfirmEmail() {
  const t = useT();
  const { token } = confirmRoute.useSearch();
  return (
    <ByLink
      token={token}
      title={t.account.confirmTitle}
      text={t.account.confirmText}
      button={t.account.confirm}
      doneTitle={t.account.confirmedTitle}
      doneText={t.account.confirmedText}
      run={(token) => take(api.POST("/api/v1/email-confirmations", { body: { token } }))}
    />
  );
}

export function RestoreAccount() {
  const t = useT();
  const { token } = restoreRoute.useSearch();
  return (
    <ByLink
      token={token}
      title={t.account.restoreTitle}
      text={t.account.restoreText}
      button={t.account.restore}
      doneTitle={t.account.restoredTitle}
      doneText={t.account.restoredText}
      run={(token) => take(api.POST("/api/v1/account-restorations", { body: { token } }))}
    />
  );
}

function ByLink({
  token,
  title,
  text,
  button,
  doneTitle,
  doneText,
  run,
}: {
  token: string | undefined;
  title: string;
  text: string;
  button: string;
  doneTitle: string;
  doneText: string;
  run: (token: string) => Promise<unknown>;
}) {
  const t = useT();
  const act = useMutation({ mutationFn: run });
  if (!token) {
    return (
      <AuthShell title={t.auth.linkBroken} text={t.auth.linkBrokenText}>
        <LinkAnchor to="/sign-in">{t.auth.signIn}</LinkAnchor>
      </AuthShell>
    );
  }
  if (act.isSuccess) {
    return (
      <AuthShell title={doneTitle} text={doneText}>
        <LinkButton to="/">{t.account.continue}</LinkButton>
      </AuthShell>
    );
  }
  return (
    <AuthShell title={title} text={text}>
      <Stack>
        <FormSummary lines={act.error ? [problemText(asProblem(act.error), t)] : []} />
        <Button autoFocus loading={act.isPending} onClick={() => act.mutate(token)}>
          {button}
        </Button>
      </Stack>
    </AuthShell>
  );
}
