/** A plan, new or changed. */
import { Button, Group, NumberInput, Select, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { Plan } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { decimalsOf, toMinor } from "@/shared/money";
import { notice } from "@/shared/toast";

const orNull = (value: number | string) => (value === "" ? null : Number(value));

export function PlanForm({ plan, done }: { plan: Plan | undefined; done: () => void }) {
  const t = useT();
  const f = useFormats();
  const client = useQueryClient();
  const form = useForm({
    mode: "controlled",
    initialValues: {
      name: plan?.name ?? "",
      description: plan?.description ?? "",
      price_minor: plan ? plan.price_minor / 10 ** decimalsOf(plan.currency) : ("" as number | string),
      currency: plan?.currency ?? "EUR",
      interval: plan?.interval ?? "month",
      member_limit: plan?.member_limit ?? ("" as number | string),
      domain_limit: plan?.domain_limit ?? ("" as number | string),
      trial_days: (plan?.trial_days ?? 0) as number | string,
      is_default: plan?.is_default ?? false,
    },
    validate: {
      name: check.required(t),
      price_minor: (value) => (value === "" ? t.forms.required : null),
    },
  });
  const problem = useFormProblem(form);
  const save = useMutation({
    mutationFn: (values: typeof form.values) => {
      const body = {
        ...values,
        price_minor: toMinor(Number(values.price_minor), values.currency),
        member_limit: orNull(values.member_limit),
        domain_limit: orNull(values.domain_limit),
        trial_days: Number(values.trial_days),
      };
      return plan
        ? take(
            api.PUT("/api/v1/admin/plans/{id}", {
              params: { path: { id: plan.id }, header: ifMatch(plan) },
              body,
            }),
          )
        : take(api.POST("/api/v1/admin/plans", { body }));
    },
    onSuccess: () => {
      notice(t.common.saved);
      done();
    },
    onError: problem.show,
    onSettled: () => client.invalidateQueries({ queryKey: [keys.instance] }),
  });
  const names = new Intl.DisplayNames(f.locale, { type: "currency" });
  const currencies = Intl.supportedValuesOf("currency").map((code) => ({
    value: code,
    label: `${code} · ${names.of(code)}`,
  }));
  const decimals = decimalsOf(form.values.currency);
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        problem.clear();
        save.mutate(values);
      }, focusFirst(form))}
    >
      <Stack>
        <FormSummary lines={problem.summary} />
        <TextInput label={t.plans.name} maxLength={80} data-autofocus {...form.getInputProps("name")} />
        <Textarea
          label={t.plans.description}
          description={t.common.optional}
          maxLength={500}
          autosize
          minRows={2}
          {...form.getInputProps("description")}
        />
        <Group grow align="flex-start" preventGrowOverflow={false} wrap="wrap">
          <NumberInput
            label={t.plans.price}
            miw={120}
            min={0}
            decimalScale={decimals}
            fixedDecimalScale
            {...form.getInputProps("price_minor")}
          />
          <Select
            label={t.plans.interval}
            miw={120}
            allowDeselect={false}
            data={(["month", "year"] as const).map((value) => ({ value, label: t.plans.intervals[value] }))}
            {...form.getInputProps("interval")}
          />
        </Group>
        <Select
          label={t.plans.currency}
          searchable
          allowDeselect={false}
          limit={80}
          data={currencies}
          {...form.getInputProps("currency")}
        />
        <NumberInput
          label={t.plans.members}
          description={t.plans.anyNumber}
          min={1}
          max={1_000_000}
          allowDecimal={false}
          {...form.getInputProps("member_limit")}
        />
        <NumberInput
          label={t.plans.domains}
          description={t.plans.anyNumber}
          min={0}
          max={1000}
          allowDecimal={false}
          {...form.getInputProps("domain_limit")}
        />
        <NumberInput
          label={t.plans.days}
          description={t.plans.daysText}
          min={0}
          max={365}
          allowDecimal={false}
          {...form.getInputProps("trial_days")}
        />
        <Switch label={t.plans.forNew} {...form.getInputProps("is_default", { type: "checkbox" })} />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {t.common.save}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
