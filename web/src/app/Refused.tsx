/** For who is in a workspace whose security policy lets nobody act like this: what it asks for, and how to give it. */
import { Button, Group, Stack } from "@mantine/core";
import { IconBuildingSkyscraper, IconLogout, IconShieldLock } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import { Problem } from "@/api/problem";
import type { Session } from "@/api/types";
import { useT } from "@/i18n";
import { AuthShell } from "@/modules/identity/AuthShell";
import { secondFactorsQuery } from "@/modules/identity/queries";
import { ShowFactor } from "@/modules/identity/ShowFactor";
import { LinkButton } from "@/shared/links";
import { Answer } from "@/shared/states";
import { sessionQuery } from "./session";
import { useSignOut } from "./useSignOut";
import { useEnterWorkspace } from "./workspaces";

export function Refused({ session }: { session: Session }) {
  const t = useT();
  const leave = useSignOut();
  const change = useEnterWorkspace();
  const asksFactor = session.refused === "second_factor_required";
  const asksCompany = session.refused === "company_sign_in_required";
  const noMail = session.refused === "mail_link_not_allowed";
  const name = session.tenant?.name ?? "";
  // Whoever is here for support leaves first; the banner does that.
  const others = session.lease
    ? []
    : session.tenants.filter((tenant) => tenant.status === "active" && tenant.id !== session.tenant?.id);
  return (
    <AuthShell
      title={
        asksCompany
          ? t.company.onlyTitle
          : noMail
            ? t.company.mailTitle
            : asksFactor
              ? t.factors.asksTitle
              : t.factors.addressTitle
      }
      text={
        asksCompany
          ? t.company.onlyText(name)
          : noMail
            ? t.company.mailText(name)
            : asksFactor
              ? t.factors.asksText(name)
              : t.factors.addressText(name)
      }
      foot={t.noWorkspace.signedInAs(session.user.email)}
    >
      <Stack>
        {asksCompany && session.tenant ? (
          <LinkButton
            to="/sign-in/at/$slug"
            params={{ slug: session.tenant.slug }}
            leftSection={<IconBuildingSkyscraper size={16} aria-hidden />}
          >
            {t.company.withCompany}
          </LinkButton>
        ) : null}
        {asksFactor && !session.lease ? <Factor session={session} /> : null}
        {others.map((tenant) => (
          <Button
            key={tenant.id}
            variant="default"
            loading={change.isPending && change.variables === tenant.id}
            onClick={() => change.mutate(tenant.id)}
          >
            {t.noWorkspace.enterNamed(tenant.name)}
          </Button>
        ))}
        <Group grow>
          <Button
            variant="default"
            leftSection={<IconLogout size={16} aria-hidden />}
            loading={leave.isPending}
            onClick={() => leave.mutate()}
          >
            {t.profile.signOut}
          </Button>
        </Group>
      </Stack>
    </AuthShell>
  );
}

/** Shows the factor that is set up, or leads to where one is. */
function Factor({ session }: { session: Session }) {
  const t = useT();
  const client = useQueryClient();
  const query = useQuery(secondFactorsQuery);
  return (
    <Answer query={query}>
      {({ methods }) =>
        methods.length === 0 ? (
          <LinkButton to="/settings/security" leftSection={<IconShieldLock size={16} aria-hidden />}>
            {t.factors.setUpOne}
          </LinkButton>
        ) : (
          <ShowFactor
            ways={methods}
            email={session.user.email}
            options={() => take(api.POST("/api/v1/session/verification/options"))}
            show={async (proof) => {
              const next = await take(api.POST("/api/v1/session/verification", { body: proof }));
              client.setQueryData(sessionQuery.queryKey, next);
              // A recovery code, where the workspace takes none.
              if (next.refused) throw new Problem(403, { code: next.refused });
            }}
          />
        )
      }
    </Answer>
  );
}
