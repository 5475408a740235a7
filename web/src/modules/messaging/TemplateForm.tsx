/** Writes the text of a mail, or changes one: with its fields, as it reads, and sent to oneself. */
import { Button, Code, Group, Modal, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import { asProblem } from "@/api/problem";
import type { MessagePreview, MessageTemplate, MessageTemplateInput } from "@/api/types";
import { useSession } from "@/app/session";
import { useT } from "@/i18n";
import { framedMail } from "@/modules/platform/framedMail";
import mailClasses from "@/modules/platform/platform.module.css";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { useChange } from "@/shared/change";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { pageNonce } from "@/shared/nonce";
import { Answer } from "@/shared/states";
import { notice } from "@/shared/toast";
import { AUDIENCES, defaultTextQuery, KINDS, LANGUAGES, wrongText } from "./sending";

interface Props {
  template: MessageTemplate | null;
  /** Whether one may write the workspace's, and not one's own alone. */
  forAll: boolean;
  opened: boolean;
  onClose: () => void;
}

export function TemplateForm({ template, forAll, opened, onClose }: Props) {
  const t = useT();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={template ? t.sending.change : t.sending.write}
      size={760}
      // What was written is not lost by a slip.
      closeOnClickOutside={false}
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      <Form template={template} forAll={forAll} onDone={onClose} />
    </Modal>
  );
}

function Form({
  template,
  forAll,
  onDone,
}: {
  template: MessageTemplate | null;
  forAll: boolean;
  onDone: () => void;
}) {
  const t = useT();
  const client = useQueryClient();
  const me = useSession().user.id;
  const [shown, setShown] = useState<MessagePreview | null>(null);
  const [asked, ask] = useDisclosure(false);
  const form = useForm({
    mode: "controlled",
    initialValues: {
      owner: template?.owner_id || !forAll ? "me" : "all",
      name: template?.name ?? "",
      kind: template?.kind ?? "booking_confirmation",
      audience: template?.audience ?? ("invitee" as const),
      language: template?.language ?? "en",
      subject: template?.subject ?? "",
      body: template?.body ?? "",
    },
    validate: { name: check.required(t), subject: check.required(t), body: check.required(t) },
  });
  const { kind, audience, language } = form.values;
  const usual = useQuery(defaultTextQuery({ kind, audience, language }));
  const problem = useFormProblem(form);
  const refused = (error: unknown) => {
    problem.show(error);
    const { code, errors } = asProblem(error);
    if (code === "template_exists") form.setFieldError("kind", t.sending.exists);
    if (code === "no_booking") form.setFieldError("body", t.sending.noBooking);
    for (const one of errors) {
      const words = wrongText(one.code, one.message, t);
      if (words) form.setFieldError(one.field, words);
    }
  };
  const draft = ({ subject, body }: typeof form.values) => ({ kind, audience, subject, body });
  const save = useMutation({
    mutationFn: ({ owner, ...values }: typeof form.values) => {
      if (template) {
        const { name, subject, body } = values;
        const params = { path: { id: template.id }, header: ifMatch(template) };
        return take(api.PATCH("/api/v1/message-templates/{id}", { params, body: { name, subject, body } }));
      }
      const body: MessageTemplateInput = { ...values, owner_id: owner === "me" ? me : undefined };
      return take(api.POST("/api/v1/message-templates", { body }));
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: [keys.messageTemplates] });
      notice(t.sending.saved);
      onDone();
    },
    onError: refused,
  });
  const preview = useMutation({
    mutationFn: (values: typeof form.values) =>
      take(api.POST("/api/v1/message-template-previews", { body: draft(values) })),
    onSuccess: setShown,
    onError: refused,
  });
  const test = useMutation({
    mutationFn: (values: typeof form.values) =>
      take(api.POST("/api/v1/message-template-tests", { body: draft(values) })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: [keys.messages] });
      notice(t.sending.tested);
    },
    onError: refused,
  });
  const remove = useChange<void>({
    run: async () => {
      if (!template) return;
      const params = { path: { id: template.id }, header: ifMatch(template) };
      await take(api.DELETE("/api/v1/message-templates/{id}", { params }));
    },
    stale: [keys.messageTemplates],
    done: () => {
      notice(t.sending.removed);
      onDone();
    },
  });
  const startOver = () => {
    if (!usual.data) return;
    form.setFieldValue("subject", usual.data.subject);
    form.setFieldValue("body", usual.data.body);
    if (!form.values.name) form.setFieldValue("name", t.sending.kinds[kind as (typeof KINDS)[number]]);
  };
  const submit = (run: (values: typeof form.values) => void) =>
    form.onSubmit((values) => {
      problem.clear();
      run(values);
    }, focusFirst(form));
  return (
    <form noValidate onSubmit={submit(save.mutate)}>
      <Stack>
        <FormSummary lines={problem.summary} />
        {template ? null : (
          <>
            <Group grow align="flex-start">
              <Select
                label={t.sending.kind}
                allowDeselect={false}
                data-autofocus
                data={KINDS.map((value) => ({ value, label: t.sending.kinds[value] }))}
                {...form.getInputProps("kind")}
              />
              <Select
                label={t.sending.audience}
                allowDeselect={false}
                data={AUDIENCES.map((value) => ({ value, label: t.sending.audiences[value] }))}
                {...form.getInputProps("audience")}
              />
            </Group>
            <Group grow align="flex-start">
              <Select
                label={t.sending.language}
                allowDeselect={false}
                data={LANGUAGES.map((value) => ({ value, label: t.sending.languages[value] }))}
                {...form.getInputProps("language")}
              />
              <Select
                label={t.sending.owner}
                allowDeselect={false}
                disabled={!forAll}
                data={[
                  { value: "all", label: t.sending.everybody, disabled: !forAll },
                  { value: "me", label: t.sending.me },
                ]}
                {...form.getInputProps("owner")}
              />
            </Group>
          </>
        )}
        <Group>
          <Button variant="default" disabled={!usual.data} onClick={startOver}>
            {t.sending.startOver}
          </Button>
        </Group>
        <TextInput
          label={t.sending.name}
          maxLength={120}
          autoComplete="off"
          {...form.getInputProps("name")}
        />
        <TextInput
          label={t.sending.subject}
          maxLength={300}
          autoComplete="off"
          {...form.getInputProps("subject")}
        />
        <Textarea
          label={t.sending.body}
          description={[
            t.sending.bodyText,
            ...(usual.data?.required_placeholders ?? []).map((one) => t.sending.required(`{{ ${one} }}`)),
          ].join(" ")}
          autosize
          minRows={8}
          maxRows={18}
          maxLength={20000}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          {...form.getInputProps("body")}
        />
        <Answer query={usual}>{({ fields }) => <Fields fields={fields as Fields} />}</Answer>
        {shown ? (
          <div>
            <Text fw={500}>{t.sending.previewOf}</Text>
            <Text size="sm" c="dimmed" mb="xs">
              {t.sending.subject}: {shown.subject}
            </Text>
            {/* Without any permission: no script, no form, no way out of the frame. */}
            <iframe
              className={mailClasses.mail}
              sandbox=""
              srcDoc={framedMail(shown.html, pageNonce())}
              title={t.sending.previewOf}
            />
          </div>
        ) : null}
        <Group justify="space-between">
          <Group gap="xs">
            <Button variant="default" loading={preview.isPending} onClick={() => submit(preview.mutate)()}>
              {t.sending.preview}
            </Button>
            <Button variant="default" loading={test.isPending} onClick={() => submit(test.mutate)()}>
              {t.sending.test}
            </Button>
            {template ? (
              <Button variant="default" loading={remove.isPending} onClick={ask.open}>
                {t.sending.remove}
              </Button>
            ) : null}
          </Group>
          <Button type="submit" loading={save.isPending}>
            {t.common.save}
          </Button>
        </Group>
      </Stack>
      <ConfirmDialog
        opened={asked}
        onClose={ask.close}
        title={t.sending.removeTitle}
        text={t.sending.removeText}
        button={t.sending.remove}
        onConfirm={remove.mutate}
      />
    </form>
  );
}

type Fields = Record<string, Record<string, unknown>>;

/** Each field with an example of what stands there. */
function Fields({ fields }: { fields: Fields }) {
  const t = useT();
  const all = Object.entries(fields).flatMap(([group, of]) =>
    Object.entries(of).map(([name, example]) => [`${group}.${name}`, String(example)] as const),
  );
  return (
    <details>
      <summary>{t.sending.fields}</summary>
      <Text size="sm" my="xs">
        {t.sending.fieldsText} <Code>{"{% if booking.notes %} {{ booking.notes }} {% endif %}"}</Code>
      </Text>
      <Stack gap={4}>
        {all.map(([name, example]) => (
          <Text key={name} size="sm" style={{ overflowWrap: "anywhere" }}>
            <Code>{`{{ ${name} }}`}</Code> {example}
          </Text>
        ))}
      </Stack>
    </details>
  );
}
