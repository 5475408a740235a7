/** For how long and what the instance's support is lent: reading, unless more is ticked. */
import { Button, Checkbox, Group, Select, Stack, Switch, Text, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { LeaseInput, SupportLease } from "@/api/types";
import { useSession } from "@/app/session";
import { useT } from "@/i18n";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { notice } from "@/shared/toast";
import { areaName } from "./accessTokens";

/** What can be lent, as the server has it; reading first. */
const READS = [
  "bookings",
  "event_types",
  "schedules",
  "organizers",
  "contacts",
  "members",
  "invitations",
  "roles",
  "settings",
  "audit",
];
const WRITES = [
  "bookings:write",
  "event_types:write",
  "schedules:write",
  "organizers:write",
  "contacts:write",
  "jobs:manage",
];
/** Records that hold personal fields. */
const PERSONAL = ["bookings:write", "contacts:write"];
const HOURS = ["1", "4", "24", "72", "168"] as const;
const HOUR = 3_600_000;

export function LendForm({ request, done }: { request: SupportLease | undefined; done: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const { permissions } = useSession();
  const held = new Set(permissions.filter((grant) => grant.scope === "all").map((grant) => grant.codename));
  const readable = READS.map((resource) => `${resource}:read`).filter((codename) => held.has(codename));
  const form = useForm({
    mode: "controlled",
    initialValues: {
      reason: request?.request_reason ?? "",
      hours: "4" as (typeof HOURS)[number],
      reads: readable,
      writes: [] as string[],
      shows_personal: false,
    },
    validate: {
      reason: check.required(t),
      reads: (value, values) => (value.length + values.writes.length > 0 ? null : t.forms.required),
    },
  });
  const problem = useFormProblem(form);
  const lend = useMutation({
    mutationFn: (body: LeaseInput) =>
      request
        ? take(api.PUT("/api/v1/support-leases/{id}/grant", { params: { path: { id: request.id } }, body }))
        : take(api.POST("/api/v1/support-leases", { body })),
    onSuccess: () => {
      notice(t.support.lent);
      done();
    },
    onError: problem.show,
    onSettled: () => client.invalidateQueries({ queryKey: [keys.supportLeases] }),
  });
  const { writes } = form.values;
  const needsPersonal = writes.some((codename) => PERSONAL.includes(codename));
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        problem.clear();
        lend.mutate({
          reason: values.reason.trim(),
          ends_at: new Date(Date.now() + Number(values.hours) * HOUR).toISOString(),
          permissions: [...values.reads, ...values.writes],
          shows_personal: values.shows_personal || needsPersonal,
        });
      }, focusFirst(form))}
    >
      <Stack>
        <FormSummary lines={problem.summary} />
        {request ? <Text style={{ overflowWrap: "anywhere" }}>{request.request_reason}</Text> : null}
        <Textarea
          label={t.support.reason}
          description={t.support.reasonText}
          maxLength={500}
          autosize
          minRows={2}
          data-autofocus
          {...form.getInputProps("reason")}
        />
        <Select
          label={t.support.until}
          allowDeselect={false}
          data={HOURS.map((value) => ({ value, label: t.support.untils[value] }))}
          {...form.getInputProps("hours")}
        />
        <Checkbox.Group label={t.support.mayRead} {...form.getInputProps("reads")}>
          <Group gap="md" mt={6}>
            {readable.map((codename) => (
              <Checkbox key={codename} value={codename} label={areaName(codename.split(":")[0] ?? "", t)} />
            ))}
          </Group>
        </Checkbox.Group>
        <Checkbox.Group
          label={t.support.mayWrite}
          description={t.support.mayWriteText}
          {...form.getInputProps("writes")}
        >
          <Group gap="md" mt={6}>
            {WRITES.filter((codename) => held.has(codename)).map((codename) => (
              <Checkbox key={codename} value={codename} label={areaName(codename.split(":")[0] ?? "", t)} />
            ))}
          </Group>
        </Checkbox.Group>
        <Switch
          label={t.support.personal}
          description={t.support.personalText}
          checked={form.values.shows_personal || needsPersonal}
          disabled={needsPersonal}
          onChange={(event) => form.setFieldValue("shows_personal", event.currentTarget.checked)}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={lend.isPending}>
            {t.support.grant}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
