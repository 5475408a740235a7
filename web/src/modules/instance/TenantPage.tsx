/** One workspace from outside: suspended and opened, what it may use, and its subscription. */
import { Button, Group, Modal, Stack, Switch, Text, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { InstanceTenant, InstanceTenantDetails } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { formatBytes } from "@/shared/bytes";
import { Page, Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import { notice, refusal } from "@/shared/toast";
import { tenantQuery } from "./queries";
import { SupportAccess } from "./SupportAccess";
import { TenantSubscription } from "./TenantSubscription";
import { TenantHealth, TenantStatus } from "./Tenants";

const route = getRouteApi("/app/instance/tenants/$id");

/** Sends a change of the workspace, and reads it anew. */
function useTenantChange<V>(run: (vars: V) => Promise<unknown>, done?: (vars: V) => void) {
  const t = useT();
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: (_, vars) => done?.(vars),
    onError: (error) => refusal(error, t),
    onSettled: () => client.invalidateQueries({ queryKey: [keys.instance] }),
  });
}

export function TenantPage() {
  const t = useT();
  const { id } = route.useParams();
  const query = useQuery(tenantQuery(id));
  return (
    <Page
      title={query.data?.tenant.name ?? t.instance.tenants}
      badge={query.data ? <TenantStatus status={query.data.tenant.status} /> : null}
      back="/instance/tenants"
      narrow
    >
      <Answer query={query}>{(details) => <Details details={details} />}</Answer>
    </Page>
  );
}

function Details({ details }: { details: InstanceTenantDetails }) {
  const t = useT();
  const f = useFormats();
  const { tenant, history } = details;
  const open = tenant.status !== "deleted";
  const facts = [
    [t.instance.owner, `${tenant.owner_name} · ${tenant.owner_email}`],
    [t.instance.members, f.number(tenant.members)],
    [t.instance.files, formatBytes(tenant.file_bytes, f.locale)],
    [t.instance.lastActive, tenant.last_active_at ? f.dateTime(tenant.last_active_at) : t.common.never],
    [t.instance.created, f.date(tenant.created_at)],
  ] as const;
  return (
    <>
      <Section>
        <Stack gap={6}>
          {facts.map(([label, value]) => (
            <Group key={label} wrap="nowrap" align="flex-start" gap="md">
              <Text c="dimmed" w={140} flex="none">
                {label}
              </Text>
              <Text style={{ overflowWrap: "anywhere" }}>{value}</Text>
            </Group>
          ))}
          <Group wrap="nowrap" gap="md">
            <Text c="dimmed" w={140} flex="none">
              {t.instance.health}
            </Text>
            <TenantHealth tenant={tenant} />
          </Group>
        </Stack>
      </Section>
      {open ? <SupportAccess tenant={tenant} /> : null}
      {open ? <Suspension tenant={tenant} /> : null}
      {open ? <Features tenant={tenant} /> : null}
      {open && details.subscription ? (
        <TenantSubscription
          key={details.subscription.version}
          tenant={details.tenant}
          now={details.subscription}
        />
      ) : null}
      <History lines={history} words={t.instance.statuses} />
    </>
  );
}

function Suspension({ tenant }: { tenant: InstanceTenant }) {
  const t = useT();
  const [opened, { open, close }] = useDisclosure(false);
  const [reason, setReason] = useState("");
  const path = { params: { path: { id: tenant.id } } };
  const suspend = useTenantChange<string>(
    (why) => take(api.PUT("/api/v1/admin/tenants/{id}/suspension", { ...path, body: { reason: why } })),
    () => {
      close();
      notice(t.instance.suspendedNotice(tenant.name));
    },
  );
  const lift = useTenantChange<void>(
    () => take(api.DELETE("/api/v1/admin/tenants/{id}/suspension", path)),
    () => notice(t.instance.lifted(tenant.name)),
  );
  if (tenant.status === "pending_deletion") return null;
  return (
    <Section title={t.instance.suspend} description={t.instance.suspendText}>
      {tenant.status === "suspended" ? (
        <Button loading={lift.isPending} onClick={() => lift.mutate()}>
          {t.instance.lift}
        </Button>
      ) : (
        <Button variant="default" onClick={open}>
          {t.instance.suspend}
        </Button>
      )}
      <Modal
        opened={opened}
        onClose={close}
        title={t.instance.suspendTitle(tenant.name)}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (reason.trim()) suspend.mutate(reason.trim());
          }}
        >
          <Stack>
            <Text>{t.instance.suspendText}</Text>
            <Textarea
              label={t.instance.reason}
              data-autofocus
              autosize
              minRows={2}
              maxLength={500}
              value={reason}
              onChange={(e) => setReason(e.currentTarget.value)}
            />
            <Group justify="flex-end">
              <Button type="submit" color="red" disabled={!reason.trim()} loading={suspend.isPending}>
                {t.instance.suspend}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </Section>
  );
}

function Features({ tenant }: { tenant: InstanceTenant }) {
  const t = useT();
  const change = useTenantChange<InstanceTenant["features"]>((body) =>
    take(
      api.PUT("/api/v1/admin/tenants/{id}/features", {
        params: { path: { id: tenant.id }, header: ifMatch(tenant) },
        body,
      }),
    ),
  );
  const shown = change.isPending ? change.variables : tenant.features;
  const names = ["public_pages", "access_tokens", "mail_server"] as const;
  return (
    <Section title={t.instance.features}>
      <Stack gap="sm">
        {names.map((name) => (
          <Switch
            key={name}
            label={t.instance.featureNames[name]}
            checked={shown[name] ?? true}
            disabled={change.isPending}
            onChange={(e) => change.mutate({ ...tenant.features, [name]: e.currentTarget.checked })}
          />
        ))}
      </Stack>
    </Section>
  );
}

export function History({
  lines,
  words,
}: {
  lines: InstanceTenantDetails["history"];
  words: Record<string, string>;
}) {
  const t = useT();
  if (lines.length === 0) return null;
  return (
    <Section title={t.instance.history}>
      <Stack gap="xs">
        {lines.map((line) => (
          <div key={line.id}>
            <Text fw={500}>{words[line.status] ?? line.status}</Text>
            <Text style={{ overflowWrap: "anywhere" }}>{line.reason}</Text>
            <Text size="sm" c="dimmed" component="div">
              <When at={line.changed_at} />{" "}
              {line.changed_by ? t.instance.by(line.changed_by) : t.instance.byProgram}
            </Text>
          </div>
        ))}
      </Stack>
    </Section>
  );
}
