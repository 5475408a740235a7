/** How long the workspace keeps what has no lasting use; what would go is shown before it is saved. */
import { Box, Button, Group, NumberInput, Stack, Switch, Table, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import { asProblem } from "@/api/problem";
import type { CurrentRetention, RetentionPolicy, RetentionSimulation } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import table from "@/shared/table.module.css";
import { notice } from "@/shared/toast";
import { faultsOf, formOf, policyOf, type RetentionForm } from "./retentionForm";

const retentionQuery = {
  queryKey: [keys.retention],
  queryFn: () => take(api.GET("/api/v1/retention-policy")),
};

export function RetentionSettings() {
  const query = useQuery(retentionQuery);
  return <Answer query={query}>{(current) => <Editor current={current} />}</Answer>;
}

function same(a: RetentionPolicy, b: RetentionPolicy): boolean {
  return JSON.stringify(policyOf(formOf(a))) === JSON.stringify(policyOf(formOf(b)));
}

function Editor({ current }: { current: CurrentRetention }) {
  const t = useT();
  const client = useQueryClient();
  // What the form was filled from; a change made elsewhere meanwhile is met with 412, not overwritten.
  const [base, setBase] = useState(current);
  const [tried, setTried] = useState<{ policy: RetentionPolicy; result: RetentionSimulation } | null>(null);
  const outcome = useRef<HTMLDivElement>(null);
  const form = useForm<RetentionForm>({
    mode: "controlled",
    validateInputOnBlur: true,
    initialValues: formOf(current.policy),
    validate: (values) => faultsOf(values, base.kinds, t),
  });
  const { summary, show, clear } = useFormProblem(form);
  const draft = policyOf(form.values);
  const isDirty = form.isDirty();
  const follow = (newest: CurrentRetention) => {
    const values = formOf(newest.policy);
    setBase(newest);
    form.setInitialValues(values);
    form.setValues(values);
    form.resetDirty(values);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a newer state moves the form
  useEffect(() => {
    if (current.version !== base.version && !isDirty) follow(current);
  }, [current]);

  const save = useMutation({
    mutationFn: (policy: RetentionPolicy) =>
      take(api.PUT("/api/v1/retention-policy", { params: { header: ifMatch(base) }, body: policy })),
    onSuccess: (saved) => {
      client.setQueryData(retentionQuery.queryKey, saved);
      follow(saved);
      notice(t.retention.saved);
    },
    onError: async (error) => {
      show(error);
      if (asProblem(error).status !== 412) return;
      const newest = await client.fetchQuery({ ...retentionQuery, staleTime: 0 }).catch(() => null);
      if (newest) follow(newest);
    },
  });
  const simulate = useMutation({
    mutationFn: (policy: RetentionPolicy) =>
      take(api.POST("/api/v1/retention-policy/simulations", { body: policy })),
    onSuccess: (result, policy) => {
      setTried({ policy, result });
      requestAnimationFrame(() => outcome.current?.scrollIntoView({ block: "nearest" }));
    },
    onError: show,
  });
  const send = (run: (policy: RetentionPolicy) => void) =>
    form.onSubmit(
      () => {
        clear();
        run(draft);
      },
      focusFirst(form as never),
    );

  return (
    <form noValidate autoComplete="off" onSubmit={send(save.mutate)}>
      <Box mb={summary.length > 0 ? "lg" : 0}>
        <FormSummary lines={summary} />
      </Box>
      <Section title={t.retention.periods} description={t.retention.text}>
        <Stack maw={560}>
          {base.kinds.map(({ kind, least, most, default: otherwise }) => (
            <NumberInput
              key={kind}
              label={t.retention.kinds[kind]}
              description={`${t.retention.kindTexts[kind]} ${
                least === most
                  ? t.retention.fixed(most)
                  : `${t.retention.bounds(least, most)} ${t.retention.otherwise(otherwise ?? null)}`
              }`}
              min={least}
              max={most}
              clampBehavior="none"
              allowDecimal={false}
              suffix={t.retention.suffix}
              placeholder={otherwise == null ? undefined : `${otherwise}${t.retention.suffix}`}
              disabled={least === most}
              {...form.getInputProps(kind)}
            />
          ))}
          <Switch
            mt="sm"
            label={t.retention.hold}
            description={t.retention.holdText}
            {...form.getInputProps("on_hold", { type: "checkbox" })}
          />
        </Stack>
      </Section>
      <Group mt="lg" mb="lg">
        <Button type="submit" loading={save.isPending} disabled={!isDirty}>
          {t.common.save}
        </Button>
        <Button variant="default" loading={simulate.isPending} onClick={() => send(simulate.mutate)()}>
          {t.retention.simulate}
        </Button>
        {isDirty ? (
          <Button variant="subtle" onClick={() => follow(base)}>
            {t.retention.reset}
          </Button>
        ) : null}
      </Group>
      <div role="status" ref={outcome}>
        {tried && same(tried.policy, draft) ? <Outcome result={tried.result} /> : null}
      </div>
    </form>
  );
}

function Outcome({ result }: { result: RetentionSimulation }) {
  const t = useT();
  const f = useFormats();
  const number = new Intl.NumberFormat(f.locale);
  const isNothing = result.kinds.every(({ count }) => count === 0);
  return (
    <Section title={t.retention.simulation} description={t.retention.simulationText}>
      {isNothing ? (
        <Text>{t.retention.nothing}</Text>
      ) : (
        <div className={table.wrap}>
          <Table className={table.table} aria-label={t.retention.simulation}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t.retention.kind}</Table.Th>
                <Table.Th ta="end">{t.retention.count}</Table.Th>
                <Table.Th>{t.retention.before}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {result.kinds.map(({ kind, count, is_more: isMore, before }) => (
                <Table.Tr key={kind}>
                  <Table.Td>{t.retention.kinds[kind]}</Table.Td>
                  <Table.Td ta="end">
                    {number.format(count)}
                    {isMore ? "+" : ""}
                  </Table.Td>
                  <Table.Td>{before ? <When at={before} dateOnly /> : t.retention.stays}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </Section>
  );
}
