/** An app asks to act for the reader, who allows or refuses it. */
import { Alert, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { api, take } from "@/api/client";
import { asProblem, problemText } from "@/api/problem";
import { signOut } from "@/app/session";
import { useT } from "@/i18n";
import { LinkAnchor } from "@/shared/links";
import { ProblemAlert, RowsSkeleton } from "@/shared/states";
import { AuthShell } from "../AuthShell";
import { Ask, type Decision } from "./Ask";

const route = getRouteApi("/oauth/consent");

export function Consent() {
  const t = useT();
  const client = useQueryClient();
  const { request = "" } = route.useSearch();
  const lookup = useQuery({
    queryKey: ["oauth-authorization", request],
    queryFn: () => take(api.POST("/api/v1/oauth-authorization-lookups", { body: { request } })),
    enabled: request !== "",
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const decide = useMutation({
    mutationFn: (decision: Decision) =>
      take(api.POST("/api/v1/oauth-authorizations", { body: { request, ...decision } })),
    // To another site, or back to a program: no page of the app.
    onSuccess: ({ redirect_to }) => window.location.assign(redirect_to),
  });
  const other = useMutation({
    mutationFn: () => signOut(client),
    onSuccess: () => window.location.assign("/sign-in"),
  });
  const home = <LinkAnchor to="/">{t.oauth.home}</LinkAnchor>;
  if (!request) return <AuthShell title={t.oauth.overTitle} text={t.oauth.overText} foot={home} />;
  if (lookup.error) {
    const { status } = asProblem(lookup.error);
    if (status === 410 || status === 409)
      return (
        <AuthShell
          title={t.oauth.overTitle}
          text={status === 409 ? t.oauth.anotherAccount : t.oauth.overText}
          foot={home}
        />
      );
    return (
      <AuthShell title={t.oauth.title}>
        <ProblemAlert error={lookup.error} retry={() => void lookup.refetch()} />
      </AuthShell>
    );
  }
  if (!lookup.data)
    return (
      <AuthShell title={t.oauth.title}>
        <RowsSkeleton rows={4} />
      </AuthShell>
    );
  const leaving = decide.isPending || decide.isSuccess;
  return (
    <AuthShell title={t.oauth.title}>
      <Stack>
        {decide.error ? (
          <Alert color="red" variant="outline" role="alert">
            {problemText(asProblem(decide.error), t)}
          </Alert>
        ) : null}
        <Ask
          asked={lookup.data}
          busy={leaving ? (decide.variables.allowed ? "yes" : "no") : null}
          onDecide={(decision) => decide.mutate(decision)}
          onOther={() => other.mutate()}
        />
      </Stack>
    </AuthShell>
  );
}
