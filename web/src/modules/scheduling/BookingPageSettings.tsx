/** One's public page: its address, name, colour and greeting, with a picture of it beside. */
import {
  Anchor,
  Button,
  Group,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconExternalLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Organizer } from "@/api/types";
import { useFormats, useMay, useSession } from "@/app/session";
import { BRAND_COLORS } from "@/app/theme";
import { useT } from "@/i18n";
import { CopyButton, ZoneSelect } from "@/shared/bits";
import { readableOn } from "@/shared/color";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { Section } from "@/shared/Page";
import { slugFault, slugify } from "@/shared/slug";
import { Answer } from "@/shared/states";
import { undoNotice } from "@/shared/toast";
import { ColorField } from "./ColorField";
import { NoPageAllowed } from "./NoPage";
import { organizerInput, useSaveOrganizer } from "./organizerChanges";
import classes from "./publicPage.module.css";
import { eventTypesQuery, organizerQuery } from "./queries";
import { timeOf } from "./week";

export function BookingPageSettings() {
  const may = useMay();
  const allowed = may("organizers:write");
  const query = useQuery({ ...organizerQuery, enabled: allowed });
  if (!allowed) return <NoPageAllowed />;
  return <Answer query={query}>{(organizer) => <PageForm organizer={organizer} />}</Answer>;
}

function valuesOf(organizer: Organizer | null, name: string, zone: string) {
  return {
    slug: organizer?.slug ?? slugify(name),
    display_name: organizer?.display_name ?? name,
    timezone: organizer?.timezone ?? zone,
    brand_color: organizer?.brand_color ?? BRAND_COLORS[0],
    welcome_message: organizer?.welcome_message ?? "",
    buffer_before_minutes: organizer?.buffer_before_minutes ?? 0,
    buffer_after_minutes: organizer?.buffer_after_minutes ?? 0,
    minimum_gap_minutes: organizer?.minimum_gap_minutes ?? 0,
    keeps_reasonable_hours: organizer?.keeps_reasonable_hours ?? false,
    reasonable_hours_start: organizer?.reasonable_hours_start ?? 7,
    reasonable_hours_end: organizer?.reasonable_hours_end ?? 22,
  };
}

function PageForm({ organizer }: { organizer: Organizer | null }) {
  const t = useT();
  const f = useFormats();
  const session = useSession();
  const form = useForm({
    mode: "controlled",
    validateInputOnBlur: true,
    initialValues: valuesOf(organizer, session.user.name, f.zone),
    validate: {
      display_name: check.required(t),
      slug: (value) => {
        const fault = slugFault(value);
        return fault ? t.forms.slug[fault] : null;
      },
    },
  });
  const problem = useFormProblem(form);
  // Saved or changed elsewhere: the form follows where it was not touched.
  const version = organizer?.version;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new version of the record resets the form
  useEffect(() => {
    if (!organizer || form.isDirty()) return;
    const values = valuesOf(organizer, session.user.name, f.zone);
    form.setInitialValues(values);
    form.setValues(values);
  }, [version]);
  const undo = useSaveOrganizer({});
  const save = useSaveOrganizer({
    done: (saved, former) => {
      const values = valuesOf(saved, session.user.name, f.zone);
      form.setInitialValues(values);
      form.setValues(values);
      form.resetDirty(values);
      if (former) {
        undoNotice(t.common.saved, t, () => {
          undo.mutate({ current: saved, input: organizerInput(former, {}) });
          const before = valuesOf(former, session.user.name, f.zone);
          form.setInitialValues(before);
          form.setValues(before);
        });
      }
    },
    refused: (refused) => {
      if (refused.code === "slug_taken") form.setFieldError("slug", t.problems.codes.slug_taken);
      else problem.show(refused);
      return true;
    },
  });
  const base = organizer?.public_url.replace(/[^/]+$/, "") ?? `${location.origin}/b/`;

  return (
    <>
      {organizer ? (
        <Section title={t.bookingPage.link} description={t.bookingPage.linkText}>
          <Group gap="xs">
            <Anchor href={organizer.public_url} target="_blank" rel="noreferrer" className={classes.link}>
              {organizer.public_url}
            </Anchor>
            <CopyButton value={organizer.public_url} label={t.home.copyLink} />
            <Button
              component="a"
              href={organizer.public_url}
              target="_blank"
              rel="noreferrer"
              variant="default"
              leftSection={<IconExternalLink size={16} aria-hidden />}
            >
              {t.eventTypes.preview}
            </Button>
          </Group>
        </Section>
      ) : null}
      <Section title={t.settings.bookingPage} description={t.bookingPage.text}>
        <form
          noValidate
          onSubmit={form.onSubmit((values) => {
            problem.clear();
            const changes = { ...values, welcome_message: values.welcome_message.trim() || null };
            save.mutate({
              current: organizer,
              input: organizer ? organizerInput(organizer, changes) : changes,
            });
          }, focusFirst(form))}
        >
          <div className={classes.columns}>
            <Stack>
              <FormSummary lines={problem.summary} />
              <TextInput
                label={t.bookingPage.displayName}
                maxLength={100}
                {...form.getInputProps("display_name")}
              />
              <TextInput
                label={t.bookingPage.slug}
                description={`${base}${form.values.slug}`}
                maxLength={60}
                {...form.getInputProps("slug")}
                onChange={(e) => form.setFieldValue("slug", e.currentTarget.value.toLowerCase())}
              />
              <ZoneSelect label={t.settings.timezone} {...form.getInputProps("timezone")} />
              <ColorField
                label={t.bookingPage.color}
                value={form.values.brand_color}
                onSave={(color) => form.setFieldValue("brand_color", color as typeof form.values.brand_color)}
              />
              <Textarea
                label={t.bookingPage.welcome}
                description={t.common.optional}
                autosize
                minRows={3}
                maxLength={1000}
                {...form.getInputProps("welcome_message")}
              />
              <SimpleGrid cols={{ base: 1, xs: 3 }} className={classes.bottoms}>
                <NumberInput
                  label={t.eventTypes.fields.bufferBefore}
                  suffix=" min"
                  min={0}
                  max={480}
                  step={5}
                  {...form.getInputProps("buffer_before_minutes")}
                />
                <NumberInput
                  label={t.eventTypes.fields.bufferAfter}
                  suffix=" min"
                  min={0}
                  max={480}
                  step={5}
                  {...form.getInputProps("buffer_after_minutes")}
                />
                <NumberInput
                  label={t.bookingPage.gap}
                  suffix=" min"
                  min={0}
                  max={480}
                  step={5}
                  {...form.getInputProps("minimum_gap_minutes")}
                />
              </SimpleGrid>
              <Switch
                label={t.bookingPage.reasonable}
                description={t.bookingPage.reasonableText}
                {...form.getInputProps("keeps_reasonable_hours", { type: "checkbox" })}
              />
              {form.values.keeps_reasonable_hours ? (
                <SimpleGrid cols={2}>
                  <Select
                    label={t.bookingPage.reasonableFrom}
                    allowDeselect={false}
                    data={hourOptions(0, 23)}
                    error={form.errors.reasonable_hours_start}
                    value={String(form.values.reasonable_hours_start)}
                    onChange={(hour) => hour && form.setFieldValue("reasonable_hours_start", Number(hour))}
                  />
                  <Select
                    label={t.bookingPage.reasonableTo}
                    allowDeselect={false}
                    data={hourOptions(form.values.reasonable_hours_start + 1, 24)}
                    error={form.errors.reasonable_hours_end}
                    value={String(form.values.reasonable_hours_end)}
                    onChange={(hour) => hour && form.setFieldValue("reasonable_hours_end", Number(hour))}
                  />
                </SimpleGrid>
              ) : null}
              <Group>
                <Button
                  type="submit"
                  loading={save.isPending}
                  disabled={organizer !== null && !form.isDirty()}
                >
                  {organizer ? t.common.save : t.eventTypes.noPageAction}
                </Button>
              </Group>
            </Stack>
            <Preview
              name={form.values.display_name}
              color={form.values.brand_color}
              welcome={form.values.welcome_message}
            />
          </div>
        </form>
      </Section>
    </>
  );
}

/** Full hours as options, both ends included. */
function hourOptions(first: number, last: number): { value: string; label: string }[] {
  const hours = Array.from({ length: Math.max(last - first + 1, 0) }, (_, at) => first + at);
  return hours.map((hour) => ({ value: String(hour), label: timeOf(hour * 60) }));
}

/** What a visitor will see first. */
function Preview({ name, color, welcome }: { name: string; color: string; welcome: string }) {
  const t = useT();
  const me = useSession().user.id;
  const types = useQuery(eventTypesQuery(true));
  const shown = (types.data?.items ?? []).filter((x) => x.owner_id === me && !x.is_private).slice(0, 3);
  return (
    <section className={classes.preview} aria-label={t.bookingPage.preview}>
      <Text size="sm" c="dimmed" mb="xs">
        {t.bookingPage.preview}
      </Text>
      <div className={classes.paper}>
        <span
          className={classes.face}
          style={{ backgroundColor: color, color: readableOn(color) }}
          aria-hidden
        >
          {name.trim().charAt(0).toUpperCase()}
        </span>
        <Text fw={600} size="lg" className={classes.breaks}>
          {name}
        </Text>
        {welcome.trim() ? (
          <Text c="dimmed" className={classes.breaks}>
            {welcome}
          </Text>
        ) : null}
        {shown.map((type) => (
          <div key={type.id} className={classes.type}>
            <Text fw={500} className={classes.breaks}>
              {type.name}
            </Text>
            <Text size="sm" c="dimmed">
              {t.eventTypes.minutes(type.duration_minutes)} · {t.eventTypes.locations[type.location_type]}
            </Text>
          </div>
        ))}
      </div>
    </section>
  );
}
