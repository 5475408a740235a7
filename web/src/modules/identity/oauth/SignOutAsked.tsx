/** An app, or any other site, sent the reader here to sign out; only the reader does. */
import { Button, Group } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { signOut } from "@/app/session";
import { useT } from "@/i18n";
import { LinkButton } from "@/shared/links";
import { ProblemAlert } from "@/shared/states";
import { AuthShell } from "../AuthShell";

export function SignOutAsked() {
  const t = useT();
  const client = useQueryClient();
  const leave = useMutation({
    mutationFn: () => signOut(client),
    onSuccess: () => window.location.assign("/sign-in"),
  });
  return (
    <AuthShell title={t.oauth.signOutTitle} text={t.oauth.signOutText}>
      {leave.error ? <ProblemAlert error={leave.error} retry={() => leave.mutate()} /> : null}
      <Group grow>
        <LinkButton to="/" variant="default">
          {t.oauth.stay}
        </LinkButton>
        <Button loading={leave.isPending || leave.isSuccess} onClick={() => leave.mutate()}>
          {t.oauth.signOut}
        </Button>
      </Group>
    </AuthShell>
  );
}
