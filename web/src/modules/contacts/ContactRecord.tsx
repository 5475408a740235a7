/** One contact: facts edited in place, and the bookings at the side. */
import { Badge, Button, Group, Stack, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconTrash } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys, patchCached } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { Contact, ContactChanges } from "@/api/types";
import { LIFECYCLES } from "@/app/router";
import { useFormats, useMay } from "@/app/session";
import { LOCALE_NAMES, LOCALES, useT } from "@/i18n";
import { BookingRows } from "@/modules/scheduling/BookingRows";
import { bookingsQuery } from "@/modules/scheduling/queries";
import { When } from "@/shared/bits";
import { type Edit, editOf, useChange } from "@/shared/change";
import { Fact, InlineField } from "@/shared/InlineField";
import { MoreRows } from "@/shared/pages";
import { Answer } from "@/shared/states";
import { TypedDialog } from "@/shared/TypedDialog";
import { groupByDay, zoneNames } from "@/shared/time";
import { notice, undoNotice } from "@/shared/toast";
import { ContactPrivacy } from "./ContactPrivacy";
import classes from "./contacts.module.css";
import { contactQuery } from "./queries";

interface ContactRecordProps {
  id: string;
  inPanel?: boolean;
  onDeleted: () => void;
}

export function ContactRecord({ id, inPanel, onDeleted }: ContactRecordProps) {
  const may = useMay();
  const query = useQuery(contactQuery(id));
  return (
    <Answer query={query}>
      {(contact) => (
        <div className={classes.record} data-panel={inPanel || undefined}>
          <div className={classes.facts}>
            {inPanel ? (
              <Stack gap={2} mb="md" pr={72}>
                <Title order={2} className={classes.name}>
                  {contact.name}
                </Title>
                <LifecycleBadge contact={contact} />
              </Stack>
            ) : null}
            <Facts contact={contact} />
            {may("contacts:delete") ? <Delete contact={contact} onDeleted={onDeleted} /> : null}
            {may("privacy:manage") ? <ContactPrivacy contact={contact} onErased={onDeleted} /> : null}
          </div>
          {may("bookings:read") ? <ContactBookings contact={contact} /> : null}
        </div>
      )}
    </Answer>
  );
}

export function LifecycleBadge({ contact }: { contact: Contact }) {
  const t = useT();
  return (
    <Group>
      <Badge variant="default">{t.contacts.lifecycles[contact.lifecycle]}</Badge>
    </Group>
  );
}

function Facts({ contact }: { contact: Contact }) {
  const t = useT();
  const f = useFormats();
  const may = useMay();
  const client = useQueryClient();
  const readOnly = !may("contacts:write");
  const change = useChange<Edit<ContactChanges>, Contact>({
    run: ({ changes }) =>
      take(
        api.PATCH("/api/v1/contacts/{id}", {
          // The newest version known: an edit before this one may just have been saved.
          params: {
            path: { id: contact.id },
            header: ifMatch(client.getQueryData(contactQuery(contact.id).queryKey) ?? contact),
          },
          body: changes,
        }),
      ),
    show: ({ changes }) =>
      patchCached(client, keys.contacts, contact.id, (c: Contact) => ({ ...c, ...changes })),
    stale: [keys.contacts],
    queue: `contact.${contact.id}`,
    done: (saved, { before }) => {
      client.setQueryData(contactQuery(saved.id).queryKey, saved);
      if (before) undoNotice(t.common.saved, t, () => change.mutate({ changes: before }));
    },
  });
  const field = (name: "name" | "email" | "phone" | "job_title" | "notes" | "source") => ({
    label: t.contacts.fields[name],
    value: contact[name],
    readOnly,
    onSave: (value: string | null) => change.mutate(editOf<ContactChanges>(contact, { [name]: value })),
  });
  return (
    <Stack gap={0}>
      <InlineField {...field("name")} required maxLength={200} />
      <InlineField {...field("email")} type="email" maxLength={254} />
      <InlineField {...field("phone")} type="tel" maxLength={40} />
      {contact.kind === "person" ? <InlineField {...field("job_title")} maxLength={120} /> : null}
      {contact.company ? <Fact label={t.contacts.fields.company}>{contact.company.name}</Fact> : null}
      <InlineField
        label={t.contacts.fields.lifecycle}
        value={contact.lifecycle}
        display={t.contacts.lifecycles[contact.lifecycle]}
        readOnly={readOnly}
        required
        options={LIFECYCLES.map((value) => ({ value, label: t.contacts.lifecycles[value] }))}
        onSave={(value) =>
          value &&
          change.mutate(editOf<ContactChanges>(contact, { lifecycle: value as Contact["lifecycle"] }))
        }
      />
      <InlineField
        label={t.settings.timezone}
        value={contact.timezone}
        readOnly={readOnly}
        options={zoneNames().map((zone) => ({ value: zone, label: zone }))}
        onSave={(timezone) => change.mutate(editOf<ContactChanges>(contact, { timezone }))}
      />
      <InlineField
        label={t.profile.language}
        value={contact.locale}
        display={LOCALE_NAMES[contact.locale as keyof typeof LOCALE_NAMES] ?? contact.locale}
        readOnly={readOnly}
        options={LOCALES.map((value) => ({ value, label: LOCALE_NAMES[value] }))}
        onSave={(locale) => change.mutate(editOf<ContactChanges>(contact, { locale }))}
      />
      <InlineField {...field("notes")} multiline maxLength={10_000} />
      {contact.owner ? <Fact label={t.contacts.fields.owner}>{contact.owner.name}</Fact> : null}
      {contact.source ? (
        <Fact label={t.contacts.fields.source}>
          {t.contacts.sources[contact.source as keyof typeof t.contacts.sources] ?? contact.source}
        </Fact>
      ) : null}
      <Fact label={t.contacts.fields.total_bookings}>{f.number(contact.total_bookings)}</Fact>
      <Fact label={t.contacts.fields.created_at}>
        <When at={contact.created_at} otherZone={contact.timezone ?? undefined} />
      </Fact>
    </Stack>
  );
}

function ContactBookings({ contact }: { contact: Contact }) {
  const t = useT();
  const f = useFormats();
  const query = useInfiniteQuery(bookingsQuery({ contact: contact.id }, f.zone));
  return (
    <section className={classes.side} aria-label={t.nav.bookings}>
      <Title order={2} mb="xs">
        {t.nav.bookings}
      </Title>
      <Answer query={query}>
        {(bookings) =>
          bookings.length === 0 ? (
            <Text c="dimmed">{t.contacts.noBookings}</Text>
          ) : (
            <>
              {groupByDay(bookings, f.zone, (b) => b.start).map((group) => (
                <div key={group.date}>
                  <Text size="sm" c="dimmed" px="sm" pt="xs">
                    {f.day(group.date)}
                  </Text>
                  <BookingRows bookings={group.items} />
                </div>
              ))}
              <MoreRows query={query} />
            </>
          )
        }
      </Answer>
    </section>
  );
}

/** Deleting cannot be undone, so it asks for the name. */
function Delete({ contact, onDeleted }: { contact: Contact; onDeleted: () => void }) {
  const t = useT();
  const [opened, { open, close }] = useDisclosure(false);
  const remove = useChange<void>({
    run: () =>
      take(
        api.DELETE("/api/v1/contacts/{id}", {
          params: { path: { id: contact.id }, header: ifMatch(contact) },
        }),
      ),
    stale: [keys.contacts, keys.home],
    done: () => {
      notice(t.contacts.deleted(contact.name));
      close();
      onDeleted();
    },
  });
  return (
    <>
      <Button
        mt="lg"
        variant="default"
        size="compact-md"
        leftSection={<IconTrash size={16} aria-hidden />}
        onClick={open}
      >
        {t.contacts.delete}
      </Button>
      <TypedDialog
        opened={opened}
        onClose={close}
        title={t.contacts.deleteTitle(contact.name)}
        text={t.contacts.deleteText}
        label={t.contacts.deleteConfirm(contact.name)}
        expected={contact.name}
        button={t.contacts.delete}
        pending={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </>
  );
}
