/** First run: three answers that are filled in already, then a link to share. */
import { Anchor, Button, Group, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconArrowRight, IconCircleCheck, IconExternalLink } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ifMatch, take } from "@/api/client";
import { asProblem } from "@/api/problem";
import type { EventType, Organizer, Session } from "@/api/types";
import { maySetUpPage } from "@/app/access";
import { NoWorkspace } from "@/app/NoWorkspace";
import { mayDo, sessionQuery } from "@/app/session";
import { useT } from "@/i18n";
import { AuthShell } from "@/modules/identity/AuthShell";
import { CopyButton, ZoneSelect } from "@/shared/bits";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { LinkButton } from "@/shared/links";
import { slugFault, slugify } from "@/shared/slug";
import { Answer } from "@/shared/states";
import { browserZone } from "@/shared/time";
import { organizerInput, putOrganizer } from "./organizerChanges";
import { organizerQuery } from "./queries";
import { officeHours, rulesOf } from "./week";

interface Answers {
  slug: string;
  timezone: string;
  event_name: string;
  duration: number | string;
}

interface SetUp {
  organizer: Organizer;
  eventType: EventType;
}

export function Onboarding() {
  const t = useT();
  const { data: session } = useQuery(sessionQuery);
  const allowed = Boolean(session?.tenant && maySetUpPage(session));
  const organizer = useQuery({ ...organizerQuery, enabled: allowed });
  if (!session) return null;
  if (!session.tenant) return <NoWorkspace session={session} />;
  if (!allowed) {
    return (
      <AuthShell title={t.roleLacks.pageTitle} text={t.roleLacks.pageText} wide>
        <LinkButton to="/" rightSection={<IconArrowRight size={16} aria-hidden />}>
          {t.onboarding.toHome}
        </LinkButton>
      </AuthShell>
    );
  }
  return (
    <Answer
      query={organizer}
      skeleton={
        <AuthShell title={t.onboarding.title} text={t.onboarding.text} wide>
          <div />
        </AuthShell>
      }
    >
      {(existing) => <Steps session={session} existing={existing} />}
    </Answer>
  );
}

/**
 * Creates what is missing, in an order that can be taken up again after a refusal halfway:
 * page, hours, event type, and last the note that set-up is complete.
 */
async function setUp(answers: Answers, session: Session, scheduleName: string): Promise<SetUp> {
  const current = await take(api.GET("/api/v1/organizer")).catch((error) => {
    if (asProblem(error).status === 404) return null;
    throw error;
  });
  const organizer = await putOrganizer(
    current,
    current
      ? organizerInput(current, { slug: answers.slug, timezone: answers.timezone })
      : { slug: answers.slug, display_name: session.user.name, timezone: answers.timezone },
  );
  const schedules = await take(api.GET("/api/v1/schedules", { params: { query: { limit: 100 } } }));
  if (schedules.items.length === 0) {
    await take(
      api.POST("/api/v1/schedules", {
        body: {
          name: scheduleName,
          timezone: answers.timezone,
          rules: rulesOf(officeHours()),
          overrides: [],
        },
      }),
    );
  }
  const types = await take(api.GET("/api/v1/event-types", { params: { query: { limit: 100 } } }));
  const eventType =
    types.items.find((x) => x.name === answers.event_name.trim()) ??
    (await take(
      api.POST("/api/v1/event-types", {
        body: {
          name: answers.event_name.trim(),
          slug: slugify(answers.event_name) || "meeting",
          duration_minutes: Number(answers.duration),
          location_type: "video",
        },
      }),
    ));
  // Whoever joined later sets up a page of one's own; the workspace itself is not theirs to change.
  if (!mayDo(session, "settings:manage")) return { organizer, eventType };
  const tenant = await take(api.GET("/api/v1/tenant"));
  if (tenant.onboarding_status !== "completed") {
    await take(
      api.PATCH("/api/v1/tenant", {
        params: { header: ifMatch(tenant) },
        body: { onboarding_status: "completed" },
      }),
    );
  }
  return { organizer, eventType };
}

function Steps({ session, existing }: { session: Session; existing: Organizer | null }) {
  const t = useT();
  const client = useQueryClient();
  const [result, setResult] = useState<SetUp | null>(null);
  const [choosesZone, setChoosesZone] = useState(false);
  const form = useForm<Answers>({
    mode: "controlled",
    validateInputOnBlur: true,
    initialValues: {
      slug: existing?.slug ?? slugify(session.user.name),
      timezone: existing?.timezone ?? browserZone(),
      event_name: t.onboarding.firstName,
      duration: 30,
    },
    validate: {
      slug: (value) => {
        const fault = slugFault(value);
        return fault ? t.forms.slug[fault] : null;
      },
      event_name: check.required(t),
      duration: (value) => (Number(value) >= 5 && Number(value) <= 1440 ? null : t.forms.duration),
    },
  });
  const problem = useFormProblem(form as never);
  const run = useMutation({
    mutationFn: (answers: Answers) => setUp(answers, session, t.availability.workingHours),
    onSuccess: (made) => {
      setResult(made);
      void client.invalidateQueries();
    },
    onError: (error) => {
      if (asProblem(error).code === "slug_taken") {
        form.setFieldError("slug", t.problems.codes.slug_taken);
        form.getInputNode("slug")?.focus();
      } else problem.show(error);
    },
  });

  if (result) return <Shareable result={result} />;
  return (
    <AuthShell title={t.onboarding.title} text={t.onboarding.text} wide>
      <form
        noValidate
        onSubmit={form.onSubmit(
          (values) => {
            problem.clear();
            run.mutate(values);
          },
          focusFirst(form as never),
        )}
      >
        <Stack>
          <FormSummary lines={problem.summary} />
          <TextInput
            label={t.onboarding.link}
            description={`${location.origin}/b/${form.values.slug}`}
            maxLength={60}
            autoFocus
            {...form.getInputProps("slug")}
            onChange={(e) => form.setFieldValue("slug", e.currentTarget.value.toLowerCase())}
          />
          <Group grow align="flex-start">
            <TextInput label={t.onboarding.eventName} maxLength={120} {...form.getInputProps("event_name")} />
            <NumberInput
              label={t.eventTypes.fields.duration}
              suffix=" min"
              min={5}
              max={1440}
              step={5}
              {...form.getInputProps("duration")}
            />
          </Group>
          <Text c="dimmed">{t.onboarding.hours}</Text>
          {choosesZone ? (
            <ZoneSelect
              label={t.settings.timezone}
              autoFocus
              {...form.getInputProps("timezone")}
              onChange={(zone) => zone && form.setFieldValue("timezone", zone)}
            />
          ) : (
            <Group gap="xs">
              <Text c="dimmed">{t.bookings.inZone(form.values.timezone)}</Text>
              <Button
                variant="subtle"
                size="compact-md"
                aria-label={t.onboarding.changeZone}
                onClick={() => setChoosesZone(true)}
              >
                {t.onboarding.change}
              </Button>
            </Group>
          )}
          <Button type="submit" loading={run.isPending}>
            {t.onboarding.finish}
          </Button>
        </Stack>
      </form>
    </AuthShell>
  );
}

function Shareable({ result }: { result: SetUp }) {
  const t = useT();
  const link = result.organizer.public_url;
  return (
    <AuthShell title={t.onboarding.doneTitle} text={t.onboarding.doneText} wide>
      <Stack>
        <Group gap="xs" wrap="nowrap">
          <IconCircleCheck size={20} aria-hidden />
          <Anchor href={link} target="_blank" rel="noreferrer" style={{ overflowWrap: "anywhere" }}>
            {link}
          </Anchor>
        </Group>
        <Group gap="xs">
          <CopyButton value={link} label={t.home.copyLink} />
          <Button
            component="a"
            href={link}
            target="_blank"
            rel="noreferrer"
            variant="default"
            leftSection={<IconExternalLink size={16} aria-hidden />}
          >
            {t.eventTypes.preview}
          </Button>
        </Group>
        <Text c="dimmed">{t.onboarding.next}</Text>
        <LinkButton to="/" rightSection={<IconArrowRight size={16} aria-hidden />}>
          {t.onboarding.toHome}
        </LinkButton>
      </Stack>
    </AuthShell>
  );
}
