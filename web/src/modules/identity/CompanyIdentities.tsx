/** Who one is at the workspace's own provider, and what to do with a session that it opened. */
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { asProblem, problemText } from "@/api/problem";
import { useSession } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { LinkButton } from "@/shared/links";
import { Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import { notice } from "@/shared/toast";
import { companyIdentitiesQuery } from "./company";
import { leaveFor } from "./providers";
import classes from "./security.module.css";

export function CompanyIdentities() {
  const t = useT();
  const { tenant, is_confined } = useSession();
  const query = useQuery(companyIdentitiesQuery);
  const unlink = useChange<{ id: string; name: string }>({
    run: ({ id }) => take(api.DELETE("/api/v1/me/company-identities/{id}", { params: { path: { id } } })),
    stale: [keys.companyIdentities, keys.session],
    done: (_, { name }) => notice(t.company.unlinked(name)),
  });
  const link = useChange<string>({
    run: (provider) => leaveFor(provider, "link", false, "/settings/security", tenant?.slug),
    stale: [],
  });
  if (!tenant || query.data?.items.length === 0) return null;
  return (
    <Section title={t.company.identities} description={t.company.identitiesText(tenant.name)} flush>
      <div className={classes.list}>
        <Answer query={query}>
          {({ items }) =>
            items.map(({ id, name, linked }) => (
              <Group key={id} justify="space-between" wrap="nowrap" className={classes.session}>
                <div className={classes.what}>
                  <Text fw={500}>{name}</Text>
                  {linked ? (
                    <Text size="sm" c="dimmed" component="div">
                      {linked.email ? `${linked.email} · ` : ""}
                      {t.factors.lastUsed} <When at={linked.last_used_at} />
                    </Text>
                  ) : null}
                </div>
                {linked ? (
                  <Button
                    variant="default"
                    size="compact-md"
                    flex="none"
                    aria-label={t.ways.unlinkOf(name)}
                    onClick={() => unlink.mutate({ id, name })}
                  >
                    {t.ways.unlink}
                  </Button>
                ) : is_confined ? null : (
                  <Button
                    variant="default"
                    size="compact-md"
                    flex="none"
                    aria-label={t.ways.linkOf(name)}
                    loading={link.isPending && link.variables === id}
                    onClick={() => link.mutate(id)}
                  >
                    {t.ways.link}
                  </Button>
                )}
              </Group>
            ))
          }
        </Answer>
      </div>
    </Section>
  );
}

/** In place of what is the person's own, where the company's provider alone has named him or her. */
export function Confined() {
  const t = useT();
  const { tenant } = useSession();
  return (
    <Section title={t.company.confinedTitle} description={t.company.confinedText(tenant?.name ?? "")}>
      <Group>
        <LinkButton to="/sign-in" variant="default">
          {t.company.signInFully}
        </LinkButton>
      </Group>
    </Section>
  );
}

/** Confirms with the company's provider that it is the same person; what asked is done again after coming back. */
export function ConfirmAtCompany() {
  const t = useT();
  const { tenant } = useSession();
  const query = useQuery(companyIdentitiesQuery);
  const [error, setError] = useState<string | null>(null);
  const leave = useMutation({
    mutationFn: (provider: string) =>
      leaveFor(provider, "confirm", false, window.location.pathname, tenant?.slug),
    onError: (refused) => setError(problemText(asProblem(refused), t)),
  });
  return (
    <Answer query={query}>
      {({ items }) => (
        <Stack>
          <Text>{t.company.confirmHint}</Text>
          {error ? (
            <Alert color="red" variant="outline" role="alert">
              {error}
            </Alert>
          ) : null}
          {items
            .filter(({ linked }) => linked)
            .map(({ id, name }) => (
              <Button key={id} variant="default" loading={leave.isPending} onClick={() => leave.mutate(id)}>
                {t.ways.with(name)}
              </Button>
            ))}
        </Stack>
      )}
    </Answer>
  );
}
