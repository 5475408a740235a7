/** Which plan a workspace has, and how it stands: on trial, paid for, or not. */
import { Button, Group, Select, Stack, Switch, TextInput } from "@mantine/core";
import { DatePickerInput } from "@mantine/dates";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import { asProblem, fieldErrors } from "@/api/problem";
import type { InstanceTenantDetails, SubscriptionInput } from "@/api/types";
import { useT } from "@/i18n";
import { FormSummary } from "@/shared/forms";
import { Section } from "@/shared/Page";
import { notice, refusal } from "@/shared/toast";
import { plansQuery } from "./queries";

const STATUSES = ["trial", "active", "past_due", "unpaid", "canceled"] as const;
const NO_PLAN = "none";
const day = (at: string | null | undefined) => at?.slice(0, 10) ?? null;
const dimmed = { placeholder: { color: "var(--mantine-color-dimmed)" } };

export function TenantSubscription({
  tenant,
  now,
}: {
  tenant: InstanceTenantDetails["tenant"];
  now: NonNullable<InstanceTenantDetails["subscription"]>;
}) {
  const t = useT();
  const client = useQueryClient();
  const { data } = useQuery(plansQuery);
  const [next, setNext] = useState({
    plan_id: now.plan_id ?? NO_PLAN,
    status: now.status as string,
    trial: day(now.trial_ends_at),
    paid: day(now.current_period_end),
    cancels: now.cancel_at_period_end,
    provider: now.stripe_subscription_id ?? "",
  });
  const [errors, setErrors] = useState<Record<string, string>>({});
  const save = useMutation({
    mutationFn: (body: SubscriptionInput) =>
      take(
        api.PUT("/api/v1/admin/tenants/{id}/subscription", {
          params: { path: { id: tenant.id }, header: ifMatch(now) },
          body,
        }),
      ),
    onMutate: () => setErrors({}),
    onSuccess: () => notice(t.common.saved),
    onError: (error) => {
      const fields = fieldErrors(asProblem(error), t);
      setErrors(fields);
      if (Object.keys(fields).length === 0) refusal(error, t);
    },
    onSettled: () => client.invalidateQueries({ queryKey: [keys.instance] }),
  });
  // A day that was not changed keeps its time.
  const endOf = (date: string | null, before: string | null | undefined) => {
    if (!date) return null;
    return before && day(before) === date ? before : `${date}T23:59:59Z`;
  };
  const plans = data?.items ?? [];
  const missing = next.status === "trial" && !next.trial ? t.forms.required : null;
  return (
    <Section title={t.plans.subscription} description={t.plans.subscriptionText}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({
            plan_id: next.plan_id === NO_PLAN ? null : next.plan_id,
            status: next.status,
            trial_ends_at: endOf(next.trial, now.trial_ends_at),
            current_period_start: next.paid ? (now.current_period_start ?? null) : null,
            current_period_end: endOf(next.paid, now.current_period_end),
            cancel_at_period_end: next.paid !== null && next.cancels,
            user_id: now.user_id ?? null,
            stripe_subscription_id: next.provider.trim() || null,
          });
        }}
      >
        <Stack maw={440}>
          <FormSummary lines={errors.current_period_start ? [errors.current_period_start] : []} />
          <Select
            label={t.plans.plan}
            allowDeselect={false}
            data={[
              { value: NO_PLAN, label: t.plans.noPlan },
              ...plans.map((plan) => ({ value: plan.id, label: plan.name })),
            ]}
            error={errors.plan_id}
            value={data || next.plan_id === NO_PLAN ? next.plan_id : null}
            onChange={(plan_id) => plan_id && setNext({ ...next, plan_id })}
          />
          <Select
            label={t.plans.status}
            allowDeselect={false}
            data={STATUSES.map((value) => ({ value, label: t.plans.statuses[value] }))}
            error={errors.status}
            value={next.status}
            onChange={(status) => status && setNext({ ...next, status })}
          />
          <DatePickerInput
            label={t.instance.trialUntil}
            placeholder={t.instance.noTrial}
            styles={dimmed}
            error={missing ?? errors.trial_ends_at}
            clearable
            value={next.trial}
            onChange={(trial) => setNext({ ...next, trial })}
          />
          <DatePickerInput
            label={t.plans.paidUntil}
            placeholder={t.plans.noEnd}
            styles={dimmed}
            error={errors.current_period_end}
            clearable
            value={next.paid}
            onChange={(paid) => setNext({ ...next, paid })}
          />
          <Switch
            label={t.plans.cancels}
            disabled={!next.paid}
            checked={next.paid !== null && next.cancels}
            onChange={(event) => setNext({ ...next, cancels: event.currentTarget.checked })}
          />
          <TextInput
            label={t.plans.provider}
            description={t.plans.providerText}
            maxLength={255}
            error={errors.stripe_subscription_id}
            value={next.provider}
            onChange={(event) => setNext({ ...next, provider: event.currentTarget.value })}
          />
          <Group>
            <Button type="submit" variant="default" disabled={missing !== null} loading={save.isPending}>
              {t.common.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
