/** What workspaces may have: plans with their price and limits, and the one that new workspaces begin with. */
import { Badge, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { IconTicket } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { Plan } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { formatMoney } from "@/shared/money";
import { Section } from "@/shared/Page";
import { Answer, EmptyState } from "@/shared/states";
import { notice, refusal } from "@/shared/toast";
import { PlanForm } from "./PlanForm";
import { plansQuery } from "./queries";

export function Plans() {
  const t = useT();
  const query = useQuery(plansQuery);
  // Null for a new one.
  const [editing, setEditing] = useState<Plan | null | undefined>();
  const some = (query.data?.items.length ?? 0) > 0;
  const create = (
    <Button variant={some ? "default" : "filled"} flex="none" onClick={() => setEditing(null)}>
      {t.plans.create}
    </Button>
  );
  return (
    <Section title={t.plans.title} description={t.plans.text} action={some ? create : null}>
      <Answer query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={IconTicket} title={t.plans.noneTitle} action={create}>
              {t.plans.noneText}
            </EmptyState>
          ) : (
            <Stack gap="lg">
              {items.map((plan) => (
                <Row key={plan.id} plan={plan} onEdit={() => setEditing(plan)} />
              ))}
            </Stack>
          )
        }
      </Answer>
      <Modal
        opened={editing !== undefined}
        onClose={() => setEditing(undefined)}
        title={editing ? t.plans.change(editing.name) : t.plans.create}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <PlanForm key={editing?.id ?? "new"} plan={editing ?? undefined} done={() => setEditing(undefined)} />
      </Modal>
    </Section>
  );
}

function Row({ plan, onEdit }: { plan: Plan; onEdit: () => void }) {
  const t = useT();
  const f = useFormats();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      take(
        api.DELETE("/api/v1/admin/plans/{id}", {
          params: { path: { id: plan.id }, header: ifMatch(plan) },
        }),
      ),
    onSuccess: () => notice(t.plans.deleted(plan.name)),
    onError: (error) => refusal(error, t),
    onSettled: () => client.invalidateQueries({ queryKey: [keys.instance] }),
  });
  const limits = [
    plan.member_limit == null ? t.plans.anyMembers : t.plans.memberCount(plan.member_limit),
    plan.domain_limit == null ? t.plans.anyDomains : t.plans.domainCount(plan.domain_limit),
    ...(plan.trial_days > 0 ? [t.plans.trialDays(plan.trial_days)] : []),
  ];
  return (
    <Group justify="space-between" align="flex-start" gap="md">
      <Stack gap={2} style={{ flex: "1 1 260px", overflowWrap: "anywhere" }}>
        <Group gap="xs">
          <Text fw={500}>{plan.name}</Text>
          {plan.is_default ? <Badge variant="default">{t.plans.isDefault}</Badge> : null}
        </Group>
        <Text>
          {plan.price_minor === 0
            ? t.plans.free
            : `${formatMoney(plan.price_minor, plan.currency, f.locale)} ${t.plans.per[plan.interval === "year" ? "year" : "month"]}`}
        </Text>
        {plan.description ? <Text c="dimmed">{plan.description}</Text> : null}
        <Text size="sm" c="dimmed">
          {[...limits, t.plans.inUse(plan.tenants)].join(" · ")}
        </Text>
      </Stack>
      <Group gap="xs">
        <Button variant="default" aria-label={t.plans.change(plan.name)} onClick={onEdit}>
          {t.common.edit}
        </Button>
        {plan.tenants === 0 ? (
          <Button
            variant="default"
            aria-label={t.plans.delete(plan.name)}
            loading={remove.isPending}
            onClick={() => remove.mutate()}
          >
            {t.plans.deleteIt}
          </Button>
        ) : null}
      </Group>
    </Group>
  );
}
