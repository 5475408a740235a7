/** Which mails one gets, all one's data as a file, what one agreed to, and the end of the account. */
import { Button, Group, Stack, Switch, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { keys, patchCached } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import { asProblem } from "@/api/problem";
import type { User } from "@/api/types";
import { sessionQuery, useSession } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { ExportedFile } from "@/shared/ExportedFile";
import { Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import { TypedDialog } from "@/shared/TypedDialog";
import { refusal } from "@/shared/toast";
import { consentsQuery, exportsQuery, meQuery } from "./queries";

export function PrivacySettings() {
  const me = useQuery(meQuery);
  return (
    <>
      <Answer query={me}>{(user) => <Mails user={user} />}</Answer>
      <Exports />
      <Consents />
      <Closing />
    </>
  );
}

type Preferences = User["email_preferences"];

function Mails({ user }: { user: User }) {
  const t = useT();
  const client = useQueryClient();
  const save = useChange<Partial<Preferences>, User>({
    run: (email_preferences) =>
      take(
        api.PATCH("/api/v1/me", {
          params: { header: ifMatch(client.getQueryData(meQuery.queryKey) ?? user) },
          body: { email_preferences },
        }),
      ),
    show: (changes) =>
      patchCached(client, keys.me, user.id, (u: User) => ({
        ...u,
        email_preferences: { ...u.email_preferences, ...changes },
      })),
    stale: [keys.me, keys.consents],
    queue: "user",
    done: (saved) => client.setQueryData(meQuery.queryKey, saved),
  });
  const kinds = ["updates", "marketing", "newsletter"] as const;
  return (
    <Section title={t.privacy.mails} description={t.privacy.mailsText}>
      <Stack gap="sm">
        <Switch label={t.privacy.security} checked disabled readOnly />
        {kinds.map((kind) => (
          <Switch
            key={kind}
            label={t.privacy[kind]}
            checked={user.email_preferences[kind]}
            onChange={(e) => save.mutate({ [kind]: e.currentTarget.checked })}
          />
        ))}
      </Stack>
    </Section>
  );
}

function Exports() {
  const t = useT();
  const client = useQueryClient();
  const query = useQuery(exportsQuery);
  const waits = query.data?.items.some((one) => one.status === "queued") ?? false;
  const ask = useMutation({
    mutationFn: () => take(api.POST("/api/v1/me/exports")),
    onError: (error) => refusal(error, t),
    onSettled: () => client.invalidateQueries({ queryKey: exportsQuery.queryKey }),
  });
  return (
    <Section title={t.privacy.export} description={t.privacy.exportText}>
      <Stack gap="sm" align="flex-start">
        {query.data?.items.map((one) => (
          <ExportedFile
            key={one.id}
            one={one}
            name="my-data.json"
            content={() =>
              take(
                api.GET("/api/v1/me/exports/{id}/content", {
                  params: { path: { id: one.id } },
                  parseAs: "blob",
                }),
              )
            }
          />
        ))}
        <Button variant="default" loading={ask.isPending} disabled={waits} onClick={() => ask.mutate()}>
          {t.privacy.askExport}
        </Button>
      </Stack>
    </Section>
  );
}

function Consents() {
  const t = useT();
  const query = useQuery(consentsQuery);
  if (!query.data || query.data.items.length === 0) return null;
  return (
    <Section title={t.privacy.consents}>
      <Stack gap={6}>
        {query.data.items.map((one) => (
          <Group key={one.id} gap="xs" justify="space-between" wrap="nowrap">
            <Text>
              {t.privacy.purposes[one.purpose as keyof typeof t.privacy.purposes] ?? one.purpose}:{" "}
              {one.is_given ? t.privacy.given : t.privacy.takenBack}
            </Text>
            <Text size="sm" c="dimmed" component="div" ta="right">
              <When at={one.created_at} /> · {one.text_version}
            </Text>
          </Group>
        ))}
      </Stack>
    </Section>
  );
}

function Closing() {
  const t = useT();
  const session = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [opened, { open, close }] = useDisclosure(false);
  const [kept, setKept] = useState<string | null>(null);
  const closeAccount = useMutation({
    mutationFn: (email: string) => take(api.POST("/api/v1/me/closure", { body: { email } })),
    onSuccess: async () => {
      client.clear();
      client.setQueryData(sessionQuery.queryKey, null);
      await navigate({ to: "/sign-in" });
    },
    onError: (error) => {
      const problem = asProblem(error);
      const tenants = problem.extra.tenants as { name: string }[] | undefined;
      if (problem.code !== "last_owner" || !tenants) return refusal(error, t);
      setKept(t.privacy.lastOwner(tenants.map((tenant) => tenant.name).join(", ")));
    },
  });
  return (
    <Section title={t.privacy.close} description={t.privacy.closeText}>
      <Button
        variant="default"
        color="red"
        onClick={() => {
          setKept(null);
          open();
        }}
      >
        {t.privacy.closeButton}
      </Button>
      <TypedDialog
        opened={opened}
        onClose={close}
        title={t.privacy.close}
        text={t.privacy.closeText}
        label={t.privacy.closeConfirm(session.user.email)}
        expected={session.user.email}
        button={t.privacy.closeButton}
        pending={closeAccount.isPending}
        onConfirm={(email) => closeAccount.mutate(email)}
        error={kept}
      />
    </Section>
  );
}
