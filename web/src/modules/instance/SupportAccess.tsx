/** Asking a workspace to be let in, and entering it once one of its owners has done so. */
import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { InstanceLease, InstanceTenant } from "@/api/types";
import { enter, useFormats, useSession } from "@/app/session";
import { useT } from "@/i18n";
import { summaryOf } from "@/modules/identity/accessTokens";
import { Section } from "@/shared/Page";
import { notice, refusal } from "@/shared/toast";
import { leasesQuery } from "./queries";

export function SupportAccess({ tenant }: { tenant: InstanceTenant }) {
  const t = useT();
  // Once one has entered, this is no longer one's to ask.
  const { lease } = useSession();
  const { data } = useQuery({ ...leasesQuery(tenant.id), enabled: !lease });
  const leases = data?.items ?? [];
  const asked = leases.some(({ lease }) => lease.status === "requested");
  return (
    <Section title={t.support.access} description={t.support.accessText}>
      <Stack>
        {leases.map((one) => (
          <Lease key={one.lease.id} one={one} />
        ))}
        {asked || tenant.status !== "active" ? null : <Ask tenant={tenant} />}
      </Stack>
    </Section>
  );
}

function Lease({ one: { lease } }: { one: InstanceLease }) {
  const t = useT();
  const f = useFormats();
  const client = useQueryClient();
  const navigate = useNavigate();
  const go = useMutation({
    mutationFn: () => take(api.POST("/api/v1/session/lease", { body: { lease_id: lease.id } })),
    onSuccess: async (next) => {
      enter(client, next);
      await navigate({ to: "/" });
    },
    onError: (error) => {
      void client.invalidateQueries({ queryKey: [keys.instance] });
      refusal(error, t);
    },
  });
  const granted = lease.status === "granted";
  const early =
    lease.starts_at !== null && lease.starts_at !== undefined && Date.parse(lease.starts_at) > Date.now();
  return (
    <Group justify="space-between" align="flex-start" gap="md">
      <Stack gap={2} style={{ flex: "1 1 260px", overflowWrap: "anywhere" }}>
        <Text fw={500}>
          {granted && lease.granted_by ? t.support.by(lease.granted_by) : t.support.waiting}
        </Text>
        <Text>{lease.reason ?? lease.request_reason}</Text>
        {lease.starts_at && lease.ends_at ? (
          <Text size="sm" c="dimmed">
            {t.support.period(f.dateTime(lease.starts_at), f.dateTime(lease.ends_at))}
          </Text>
        ) : null}
        {summaryOf(lease.permissions, t, f.locale).map((line) => (
          <Text key={line} size="sm" c="dimmed">
            {line}
          </Text>
        ))}
        {granted ? (
          <Text size="sm" c="dimmed">
            {lease.shows_personal ? t.support.shows : t.support.hides}
          </Text>
        ) : null}
      </Stack>
      {granted ? (
        <Button disabled={early} loading={go.isPending} onClick={() => go.mutate()}>
          {t.support.enter}
        </Button>
      ) : null}
    </Group>
  );
}

function Ask({ tenant }: { tenant: InstanceTenant }) {
  const t = useT();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const ask = useMutation({
    mutationFn: (why: string) =>
      take(
        api.POST("/api/v1/admin/tenants/{id}/support-leases", {
          params: { path: { id: tenant.id } },
          body: { reason: why },
        }),
      ),
    onSuccess: () => {
      notice(t.support.asked);
      setReason("");
    },
    onError: (error) => refusal(error, t),
    onSettled: () => client.invalidateQueries({ queryKey: [keys.instance] }),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (reason.trim()) ask.mutate(reason.trim());
      }}
    >
      <Stack align="flex-start">
        <Textarea
          label={t.support.reason}
          description={t.support.askText}
          autosize
          minRows={2}
          maxLength={500}
          w="100%"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={!reason.trim()} loading={ask.isPending}>
          {t.support.ask}
        </Button>
      </Stack>
    </form>
  );
}
