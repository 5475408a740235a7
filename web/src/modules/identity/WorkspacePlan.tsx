/** Which plan the workspace has, how it stands, and how much of its limits is used. */
import { Alert, Badge, Group, Progress, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { CurrentSubscription } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { wordFor } from "@/shared/eventText";
import { formatMoney } from "@/shared/money";
import { Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import { subscriptionQuery } from "./queries";

const DAY = 86_400_000;

export function WorkspacePlan() {
  const t = useT();
  const query = useQuery(subscriptionQuery);
  return (
    <Section title={t.plans.yours} description={t.plans.yoursText}>
      <Answer query={query}>{(current) => <Current current={current} />}</Answer>
    </Section>
  );
}

function Current({ current }: { current: CurrentSubscription }) {
  const t = useT();
  const f = useFormats();
  const { plan, status, members, domains } = current;
  return (
    <Stack maw={440}>
      <Stack gap={2}>
        <Group gap="xs">
          <Text fw={500} style={{ overflowWrap: "anywhere" }}>
            {plan?.name ?? t.plans.none}
          </Text>
          <Badge variant="default">{wordFor(t.plans.statuses, status)}</Badge>
        </Group>
        {plan && plan.price_minor > 0 ? (
          <Text>
            {formatMoney(plan.price_minor, plan.currency, f.locale)}{" "}
            {t.plans.per[plan.interval === "year" ? "year" : "month"]}
          </Text>
        ) : null}
        {plan?.description ? <Text c="dimmed">{plan.description}</Text> : null}
        <Dates current={current} />
      </Stack>
      <Used label={t.plans.members} usage={members} />
      <Used label={t.plans.domains} usage={domains} />
      {current.is_read_only ? (
        <Alert variant="outline" color="red">
          {t.plans.readOnly}
        </Alert>
      ) : null}
      {current.read_only_from ? (
        <Alert variant="outline" color={status === "past_due" ? "orange" : "gray"}>
          {t.plans.readOnlyFrom(f.date(current.read_only_from))}
        </Alert>
      ) : null}
    </Stack>
  );
}

function Dates({ current }: { current: CurrentSubscription }) {
  const t = useT();
  const f = useFormats();
  const { status, trial_ends_at, current_period_end } = current;
  if (status === "trial" && trial_ends_at) {
    const days = Math.max(0, Math.ceil((Date.parse(trial_ends_at) - Date.now()) / DAY));
    return <Text c="dimmed">{t.plans.trialEnds(f.date(trial_ends_at), days)}</Text>;
  }
  if (status !== "active" || !current_period_end) return null;
  const date = f.date(current_period_end);
  return <Text c="dimmed">{current.cancel_at_period_end ? t.plans.ends(date) : t.plans.renews(date)}</Text>;
}

function Used({ label, usage: { used, limit } }: { label: string; usage: CurrentSubscription["members"] }) {
  const t = useT();
  const f = useFormats();
  const text =
    limit == null ? t.plans.usedAny(f.number(used)) : t.plans.used(f.number(used), f.number(limit));
  return (
    <div>
      <Group justify="space-between" gap="xs">
        <Text>{label}</Text>
        <Text c="dimmed">{text}</Text>
      </Group>
      {limit == null ? null : (
        <Progress
          mt={4}
          aria-label={`${label}: ${text}`}
          value={limit === 0 ? 100 : Math.min(100, (used / limit) * 100)}
          color={used >= limit ? "orange" : undefined}
        />
      )}
    </div>
  );
}
