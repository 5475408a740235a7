/** Handing the workspace over: offered by an owner, answered by who got it. */
import { Alert, Button, Group, Select, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { sessionQuery, useFormats, useSession } from "@/app/session";
import { useT } from "@/i18n";
import { Section } from "@/shared/Page";
import { notice, refusal } from "@/shared/toast";
import { ownershipQuery, possibleOwnersQuery } from "./queries";

export function WorkspaceOwnership() {
  const t = useT();
  const f = useFormats();
  const session = useSession();
  const client = useQueryClient();
  const { data } = useQuery(ownershipQuery);
  const owns = session.roles.includes("owner");
  const settled = async () => {
    await client.invalidateQueries({ queryKey: ownershipQuery.queryKey });
    void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    void client.invalidateQueries({ queryKey: [keys.members] });
  };
  const end = useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/ownership-offer")),
    onSuccess: () => notice(owns ? t.lives.withdrawn : t.lives.declined),
    onError: (error) => refusal(error, t),
    onSettled: settled,
  });
  const accept = useMutation({
    mutationFn: () => take(api.PUT("/api/v1/ownership-offer/acceptance")),
    onSuccess: () => notice(t.lives.accepted),
    onError: (error) => refusal(error, t),
    onSettled: settled,
  });
  const offer = data?.offer;
  if (offer && offer.to.user_id === session.user.id) {
    return (
      <Alert variant="outline" color="indigo" mb="md">
        <Stack gap="xs" align="flex-start">
          <Text>{t.lives.gotOffer(offer.from.name)}</Text>
          <Group gap="xs">
            <Button loading={accept.isPending} onClick={() => accept.mutate()}>
              {t.lives.accept}
            </Button>
            <Button variant="default" loading={end.isPending} onClick={() => end.mutate()}>
              {t.lives.decline}
            </Button>
          </Group>
        </Stack>
      </Alert>
    );
  }
  if (!owns) return null;
  return (
    <Section title={t.lives.ownership} description={t.lives.ownershipText}>
      {offer ? (
        <Stack gap="xs" align="flex-start">
          <Text>{t.lives.offered(offer.to.name, f.dateTime(offer.expires_at))}</Text>
          <Button variant="default" loading={end.isPending} onClick={() => end.mutate()}>
            {t.lives.withdraw}
          </Button>
        </Stack>
      ) : (
        <Offer settled={settled} />
      )}
    </Section>
  );
}

function Offer({ settled }: { settled: () => Promise<void> }) {
  const t = useT();
  const session = useSession();
  const [to, setTo] = useState<string | null>(null);
  const { data: members } = useQuery(possibleOwnersQuery);
  const offer = useMutation({
    mutationFn: (user_id: string) => take(api.POST("/api/v1/ownership-offer", { body: { user_id } })),
    onError: (error) => refusal(error, t),
    onSettled: settled,
  });
  const others = (members?.items ?? []).filter((member) => member.user_id !== session.user.id);
  return (
    <Group align="flex-end" gap="xs">
      <Select
        label={t.lives.offerTo}
        searchable
        w={300}
        data={others.map((member) => ({ value: member.user_id, label: `${member.name} · ${member.email}` }))}
        value={to}
        onChange={setTo}
      />
      <Button
        variant="default"
        disabled={!to}
        loading={offer.isPending}
        onClick={() => to && offer.mutate(to)}
      >
        {t.lives.offer}
      </Button>
    </Group>
  );
}
