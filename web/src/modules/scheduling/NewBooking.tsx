/** A booking made on behalf of an invitee. */
import { Button, Group, Modal, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { asProblem, fieldErrors } from "@/api/problem";
import type { Booking, NewBooking as NewBookingInput } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { ZoneSelect } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { notice } from "@/shared/toast";
import { type Answers, answersTo } from "./asked";
import { QuestionFields } from "./QuestionFields";
import { eventTypesQuery } from "./queries";
import { SlotPicker } from "./SlotPicker";

export function NewBooking({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useT();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t.bookings.create}
      size="lg"
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      <BookingForm onDone={onClose} />
    </Modal>
  );
}

function BookingForm({ onDone }: { onDone: () => void }) {
  const t = useT();
  const f = useFormats();
  const types = useQuery(eventTypesQuery(true));
  const [chosenType, setType] = useState<string | null>(null);
  const type = chosenType ?? types.data?.items[0]?.id ?? null;
  const questions = types.data?.items.find((one) => one.id === type)?.questions ?? [];
  const [answers, setAnswers] = useState<Answers>({});
  const [answerErrors, setAnswerErrors] = useState<Record<string, string>>({});
  const [start, setStart] = useState<string | null>(null);
  const form = useForm({
    mode: "uncontrolled",
    validateInputOnBlur: true,
    initialValues: {
      invitee_name: "",
      invitee_email: "",
      invitee_phone: "",
      invitee_timezone: f.zone,
      notes: "",
    },
    validate: { invitee_name: check.required(t), invitee_email: check.email(t) },
  });
  const problem = useFormProblem(form);
  const book = useChange<NewBookingInput, Booking>({
    run: (body) => take(api.POST("/api/v1/bookings", { body })),
    stale: [keys.bookings, keys.home, keys.slots, keys.contacts],
    done: (booking) => {
      notice(t.bookings.booked(booking.invitee_name, f.span(booking.start, booking.end)));
      onDone();
    },
    refused: (refused) => {
      if (refused.code === "slot_taken") setStart(null);
      problem.show(refused);
      setAnswerErrors(fieldErrors(asProblem(refused), t));
      return true;
    },
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        problem.clear();
        setAnswerErrors({});
        if (!type || !start) return;
        book.mutate({
          event_type_id: type,
          start,
          invitee_name: values.invitee_name.trim(),
          invitee_email: values.invitee_email.trim(),
          invitee_phone: values.invitee_phone.trim() || null,
          invitee_timezone: values.invitee_timezone,
          notes: values.notes.trim() || null,
          answers: answersTo(questions, answers),
        });
      }, focusFirst(form))}
    >
      <Stack>
        <FormSummary lines={problem.summary} />
        <Select
          label={t.bookings.eventType}
          data={(types.data?.items ?? []).map((x) => ({
            value: x.id,
            label: `${x.name} · ${t.eventTypes.minutes(x.duration_minutes)}`,
          }))}
          value={type}
          data-autofocus
          allowDeselect={false}
          nothingFoundMessage={t.common.nothingFound}
          onChange={(value) => {
            setType(value);
            setStart(null);
            setAnswers({});
            setAnswerErrors({});
          }}
        />
        {type ? <SlotPicker key={type} eventTypeId={type} value={start} onChange={setStart} /> : null}
        <Group grow align="flex-start">
          <TextInput
            label={t.contacts.fields.name}
            maxLength={200}
            key={form.key("invitee_name")}
            {...form.getInputProps("invitee_name")}
          />
          <TextInput
            label={t.auth.email}
            type="email"
            maxLength={254}
            key={form.key("invitee_email")}
            {...form.getInputProps("invitee_email")}
          />
        </Group>
        <Group grow align="flex-start">
          <TextInput
            label={t.contacts.fields.phone}
            description={t.common.optional}
            inputWrapperOrder={["label", "input", "description", "error"]}
            type="tel"
            maxLength={40}
            key={form.key("invitee_phone")}
            {...form.getInputProps("invitee_phone")}
          />
          <ZoneSelect
            label={t.bookings.inviteeZone}
            key={form.key("invitee_timezone")}
            {...form.getInputProps("invitee_timezone")}
          />
        </Group>
        <Textarea
          label={t.bookings.notes}
          description={t.common.optional}
          autosize
          minRows={2}
          maxLength={2000}
          key={form.key("notes")}
          {...form.getInputProps("notes")}
        />
        <QuestionFields questions={questions} answers={answers} errors={answerErrors} onChange={setAnswers} />
        <Group justify="flex-end">
          <Button type="submit" loading={book.isPending} disabled={!type || !start}>
            {t.bookings.book}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
