/** Accounts of other companies with which one signs in. */
import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { LinkedIdentity } from "@/api/types";
import { useSession } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import { notice } from "@/shared/toast";
import { leaveFor, signInOptionsQuery } from "./providers";
import { identitiesQuery } from "./queries";
import classes from "./security.module.css";

export function Identities() {
  const t = useT();
  const query = useQuery(identitiesQuery);
  const { data: options } = useQuery(signInOptionsQuery);
  const unlink = useChange<LinkedIdentity>({
    run: ({ id }) => take(api.DELETE("/api/v1/me/identities/{id}", { params: { path: { id } } })),
    stale: [keys.identities, keys.sessions],
    done: (_, { name }) => notice(t.ways.unlinked(name)),
  });
  const link = useChange<string>({
    run: (provider) => leaveFor(provider, "link", false, "/settings/security"),
    stale: [],
  });
  const isEmpty = query.data?.linked.length === 0 && options?.providers.length === 0;
  if (isEmpty || !options) return null;
  return (
    <Section title={t.ways.title} description={t.ways.text} flush>
      <div className={classes.list}>
        <Answer query={query}>
          {({ linked }) => (
            <>
              {linked.map((one) => (
                <Row
                  key={one.id}
                  title={one.name}
                  text={
                    <>
                      {one.email ? `${one.email} · ` : ""}
                      {one.provider ? null : `${t.ways.gone} · `}
                      {t.factors.lastUsed} <When at={one.last_used_at ?? one.created_at} />
                    </>
                  }
                  action={
                    <Button
                      variant="default"
                      size="compact-md"
                      flex="none"
                      aria-label={t.ways.unlinkOf(one.name)}
                      loading={unlink.isPending && unlink.variables?.id === one.id}
                      onClick={() => unlink.mutate(one)}
                    >
                      {t.ways.unlink}
                    </Button>
                  }
                />
              ))}
              {options.providers
                .filter(({ key }) => !linked.some((one) => one.provider === key))
                .map(({ key, name }) => (
                  <Row
                    key={key}
                    title={name}
                    action={
                      <Button
                        variant="default"
                        size="compact-md"
                        flex="none"
                        aria-label={t.ways.linkOf(name)}
                        loading={link.isPending && link.variables === key}
                        onClick={() => link.mutate(key)}
                      >
                        {t.ways.link}
                      </Button>
                    }
                  />
                ))}
            </>
          )}
        </Answer>
      </div>
    </Section>
  );
}

function Row({ title, text, action }: { title: string; text?: ReactNode; action: ReactNode }) {
  return (
    <Group justify="space-between" wrap="nowrap" className={classes.session}>
      <div className={classes.what}>
        <Text fw={500}>{title}</Text>
        {text ? (
          <Text size="sm" c="dimmed" component="div">
            {text}
          </Text>
        ) : null}
      </div>
      {action}
    </Group>
  );
}

/** In place of the form, where there is no password to change: a link in a mail sets the first one. */
export function NoPassword() {
  const t = useT();
  const { user } = useSession();
  const ask = useChange<void>({
    run: () => take(api.POST("/api/v1/password-resets", { body: { email: user.email } })),
    stale: [],
    done: () => notice(t.auth.resetSent(user.email)),
  });
  return (
    <Section title={t.auth.password} description={t.ways.noPassword}>
      <Group>
        <Button loading={ask.isPending} onClick={() => ask.mutate()}>
          {t.ways.setPassword}
        </Button>
      </Group>
    </Section>
  );
}
