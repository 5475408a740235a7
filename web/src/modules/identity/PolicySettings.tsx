/** What the workspace asks of whoever works in it: sessions, a second factor, addresses; to be tried before it is saved. */
import {
  Button,
  Group,
  MultiSelect,
  NumberInput,
  type NumberInputProps,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import { asProblem, problemText } from "@/api/problem";
import type { CurrentPolicy, SecurityPolicy, Simulation } from "@/api/types";
import { useFormats, useMay } from "@/app/session";
import { useT } from "@/i18n";
import { FormSummary, focusFirst } from "@/shared/forms";
import { Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import { notice } from "@/shared/toast";
import { MemberTokens } from "./MemberTokens";
import { PolicySimulation } from "./PolicySimulation";
import classes from "./policy.module.css";
import { faultsOf, formOf, type PolicyForm, placed, policyOf, UNITS, withLine } from "./policyForm";
import { rolesQuery, securityPolicyQuery, sessionsQuery } from "./queries";
import { roleName } from "./roleName";

/** The note under the field, so that it stands level with the one beside it. */
const BELOW: NonNullable<NumberInputProps["inputWrapperOrder"]> = ["label", "input", "description", "error"];

export function PolicySettings() {
  const query = useQuery(securityPolicyQuery);
  return (
    <>
      <Answer query={query}>{(current) => <Editor current={current} />}</Answer>
      <MemberTokens />
    </>
  );
}

function same(a: SecurityPolicy, b: SecurityPolicy): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function Editor({ current }: { current: CurrentPolicy }) {
  const t = useT();
  const { zone } = useFormats();
  const client = useQueryClient();
  const may = useMay();
  const roles = useQuery({ ...rolesQuery, enabled: may("roles:read") }).data?.items;
  // What the form was filled from; a change made elsewhere meanwhile is met with 412, not overwritten.
  const [base, setBase] = useState(current);
  const [tried, setTried] = useState<{ policy: SecurityPolicy; result: Simulation } | null>(null);
  const [summary, setSummary] = useState<string[]>([]);
  const top = useRef<HTMLDivElement>(null);
  const outcome = useRef<HTMLDivElement>(null);
  const form = useForm<PolicyForm>({
    mode: "controlled",
    validateInputOnBlur: true,
    initialValues: formOf(current.policy, zone),
    validate: (values) => faultsOf(values, t),
  });
  const draft = policyOf(form.values, base.policy, zone, roles);
  const isDirty = form.isDirty();
  // Also where something in it is wrong, which would else refuse the form unseen.
  const asksFactor =
    form.values.required ||
    (["grace_logins", "grace_days", "exempt_role_ids"] as const).some((field) => form.errors[field]);

  const follow = (newest: CurrentPolicy) => {
    const values = formOf(newest.policy, zone);
    setBase(newest);
    form.setInitialValues(values);
    form.setValues(values);
    form.resetDirty(values);
  };
  // The version is the workspace's, so it also moves without the policy.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a newer state moves the form
  useEffect(() => {
    if (current.version === base.version) return;
    if (same(current.policy, base.policy)) setBase(current);
    else if (!isDirty) follow(current);
  }, [current]);

  const show = (error: unknown, sent: SecurityPolicy) => {
    const problem = asProblem(error);
    const { faults, rest } = placed(problem, sent, t);
    form.setErrors(faults);
    const first = Object.keys(faults)[0];
    setSummary(first ? rest : [problemText(problem, t), ...rest]);
    if (first) form.getInputNode(first)?.focus();
    else requestAnimationFrame(() => top.current?.scrollIntoView({ block: "center" }));
  };
  const save = useMutation({
    mutationFn: (policy: SecurityPolicy) =>
      take(api.PUT("/api/v1/tenant/security-policy", { params: { header: ifMatch(base) }, body: policy })),
    onSuccess: (saved) => {
      client.setQueryData(securityPolicyQuery.queryKey, saved);
      for (const key of [keys.tenant, keys.session]) void client.invalidateQueries({ queryKey: [key] });
      follow(saved);
      notice(t.policy.saved);
    },
    onError: async (error, sent) => {
      show(error, sent);
      if (asProblem(error).status !== 412) return;
      const newest = await client.fetchQuery({ ...securityPolicyQuery, staleTime: 0 }).catch(() => null);
      if (newest) follow(newest);
    },
  });
  const simulate = useMutation({
    mutationFn: (policy: SecurityPolicy) =>
      take(api.POST("/api/v1/tenant/security-policy/simulations", { body: policy })),
    onSuccess: (result, policy) => {
      setTried({ policy, result });
      requestAnimationFrame(() => outcome.current?.scrollIntoView({ block: "start" }));
    },
    onError: show,
  });
  const send = (run: (policy: SecurityPolicy) => void) =>
    form.onSubmit(
      () => {
        setSummary([]);
        run(draft);
      },
      focusFirst(form as never),
    );

  return (
    <form noValidate autoComplete="off" onSubmit={send(save.mutate)}>
      <div ref={top} className={classes.summary}>
        <FormSummary lines={summary} />
      </div>
      <Section title={t.policy.sessions} description={t.policy.sessionsText}>
        <Stack maw={560}>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <NumberInput
              label={t.policy.most}
              description={t.policy.mostText}
              inputWrapperOrder={BELOW}
              min={1}
              max={100}
              clampBehavior="none"
              allowDecimal={false}
              {...form.getInputProps("max_concurrent")}
            />
            <Select
              label={t.policy.beyond}
              allowDeselect={false}
              disabled={form.values.max_concurrent === ""}
              data={(["end_oldest", "deny"] as const).map((value) => ({
                value,
                label: t.policy.beyonds[value],
              }))}
              {...form.getInputProps("when_exceeded")}
            />
            <NumberInput
              label={t.policy.timeout}
              description={t.policy.timeoutText}
              inputWrapperOrder={BELOW}
              min={1}
              clampBehavior="none"
              {...form.getInputProps("timeout")}
            />
            <Select
              label={t.policy.unit}
              allowDeselect={false}
              disabled={form.values.timeout === ""}
              data={UNITS.map((value) => ({ value, label: t.policy.units[value] }))}
              {...form.getInputProps("unit")}
            />
          </SimpleGrid>
          <Switch
            label={t.policy.extend}
            description={t.policy.extendText}
            disabled={form.values.timeout === ""}
            {...form.getInputProps("extend_on_activity", { type: "checkbox" })}
          />
        </Stack>
      </Section>
      <Section title={t.policy.waysIn} description={t.policy.waysInText}>
        <Stack maw={560}>
          <Switch
            label={t.policy.mailLinks}
            description={t.policy.mailLinksText}
            {...form.getInputProps("mail_links_allowed", { type: "checkbox" })}
          />
          <Switch
            label={t.policy.companyOnly}
            description={t.policy.companyOnlyText}
            {...form.getInputProps("company_only", { type: "checkbox" })}
          />
          <Switch
            label={t.policy.companySecond}
            description={t.policy.companySecondText}
            {...form.getInputProps("company_is_second_factor", { type: "checkbox" })}
          />
        </Stack>
      </Section>
      <Section title={t.policy.factor} description={t.policy.factorText}>
        <Stack maw={560}>
          <Switch
            label={t.policy.required}
            description={t.policy.requiredText}
            {...form.getInputProps("required", { type: "checkbox" })}
          />
          {asksFactor ? (
            <>
              <TextInput
                type="date"
                label={t.policy.from}
                description={t.policy.fromText}
                maw={260}
                {...form.getInputProps("enforced_from")}
              />
              <SimpleGrid cols={2}>
                <NumberInput
                  label={t.policy.graceLogins}
                  min={0}
                  max={20}
                  clampBehavior="none"
                  allowDecimal={false}
                  {...form.getInputProps("grace_logins")}
                />
                <NumberInput
                  label={t.policy.graceDays}
                  min={0}
                  max={90}
                  clampBehavior="none"
                  allowDecimal={false}
                  {...form.getInputProps("grace_days")}
                />
              </SimpleGrid>
              <Text size="sm" c="dimmed" mt={-8}>
                {t.policy.graceText}
              </Text>
              <Switch
                label={t.policy.recovery}
                {...form.getInputProps("backup_codes_allowed", { type: "checkbox" })}
              />
              {roles ? (
                <MultiSelect
                  label={t.policy.exempt}
                  description={t.policy.exemptText}
                  data={roles.map((role) => ({ value: role.id, label: roleName(role.name, t) }))}
                  maxValues={50}
                  searchable
                  nothingFoundMessage={t.common.nothingFound}
                  clearable
                  clearButtonProps={{ "aria-label": t.common.clear }}
                  {...form.getInputProps("exempt_role_ids")}
                />
              ) : null}
            </>
          ) : null}
          <Switch
            label={t.policy.remember}
            description={t.policy.rememberText}
            {...form.getInputProps("remember_devices_allowed", { type: "checkbox" })}
          />
        </Stack>
      </Section>
      <Section title={t.policy.addresses} description={t.policy.addressesText}>
        <Stack maw={560}>
          <Textarea
            label={t.policy.allowed}
            description={t.policy.allowedText}
            autosize
            minRows={3}
            maxRows={12}
            spellCheck={false}
            {...form.getInputProps("allowed")}
          />
          <OwnAddress
            add={(address) => form.setFieldValue("allowed", withLine(form.getValues().allowed, address))}
          />
          <Textarea
            label={t.policy.blocked}
            description={t.policy.blockedText}
            autosize
            minRows={3}
            maxRows={12}
            spellCheck={false}
            {...form.getInputProps("blocked")}
          />
        </Stack>
      </Section>
      <Group mt="lg" mb="lg">
        <Button type="submit" loading={save.isPending} disabled={!isDirty}>
          {t.common.save}
        </Button>
        <Button variant="default" loading={simulate.isPending} onClick={() => send(simulate.mutate)()}>
          {t.policy.simulate}
        </Button>
        {isDirty ? (
          <Button variant="subtle" onClick={() => follow(base)}>
            {t.policy.reset}
          </Button>
        ) : null}
      </Group>
      <div role="status" ref={outcome} className={classes.outcome}>
        {tried && same(tried.policy, draft) ? <PolicySimulation result={tried.result} /> : null}
      </div>
    </form>
  );
}

/** The address one has now, and a way to allow it. */
function OwnAddress({ add }: { add: (address: string) => void }) {
  const t = useT();
  const address = useQuery(sessionsQuery).data?.items.find((row) => row.current)?.ip_address;
  if (!address) return null;
  return (
    <Group gap="xs">
      <Text size="sm" c="dimmed">
        {t.policy.own(address)}
      </Text>
      <Button variant="default" size="compact-sm" onClick={() => add(address)}>
        {t.policy.addOwn}
      </Button>
    </Group>
  );
}
