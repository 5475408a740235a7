/** What whoever books is asked: a list, and a dialog for each question; each change is saved at once. */
import {
  ActionIcon,
  Button,
  Group,
  Modal,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { EventType, EventTypeChanges } from "@/api/types";
import { useT } from "@/i18n";
import classes from "./questions.module.css";

type Question = EventType["questions"][number];
type Operator = NonNullable<Question["conditions"]>[number]["operator"];

const KINDS = [
  "text",
  "textarea",
  "number",
  "email",
  "phone",
  "url",
  "date",
  "select",
  "multiselect",
  "checkbox",
] as const;
const OPERATORS = ["is_answered", "equals", "one_of", "contains"] as const;

interface QuestionsEditorProps {
  eventType: EventType;
  errors: Record<string, string>;
  readOnly: boolean;
  onSave: (changes: EventTypeChanges) => void;
}

export function QuestionsEditor({ eventType, errors, readOnly, onSave }: QuestionsEditorProps) {
  const t = useT();
  const words = t.questions;
  const { questions } = eventType;
  const [open, setOpen] = useState<number | null>(null);
  const error = Object.entries(errors).find(([field]) => field.startsWith("questions"))?.[1];
  const swap = (index: number, other: number) => {
    const next = [...questions];
    const [one, two] = [next[index], next[other]];
    if (!one || !two) return;
    next[index] = two;
    next[other] = one;
    onSave({ questions: next });
  };
  return (
    <Stack gap="sm">
      {questions.length === 0 ? (
        <Text c="dimmed" size="sm">
          {words.none}
        </Text>
      ) : null}
      {questions.map((question, index) => (
        <div className={classes.question} key={question.key}>
          <div>
            <Text className={classes.label}>{question.label}</Text>
            <Text size="sm" c="dimmed">
              {[
                words.kinds[question.kind],
                question.is_required ? words.req : null,
                question.conditions?.length ? words.conditional : null,
              ]
                .filter(Boolean)
                .join(" · ")}
            </Text>
          </div>
          {readOnly ? null : (
            <Group gap={4} wrap="nowrap">
              <ActionIcon
                aria-label={words.up(question.label)}
                disabled={index === 0}
                onClick={() => swap(index, index - 1)}
              >
                <IconArrowUp size={18} />
              </ActionIcon>
              <ActionIcon
                aria-label={words.down(question.label)}
                disabled={index === questions.length - 1}
                onClick={() => swap(index, index + 1)}
              >
                <IconArrowDown size={18} />
              </ActionIcon>
              <ActionIcon aria-label={words.edit(question.label)} onClick={() => setOpen(index)}>
                <IconPencil size={18} />
              </ActionIcon>
              <ActionIcon
                aria-label={words.remove(question.label)}
                onClick={() => onSave({ questions: questions.filter((_, at) => at !== index) })}
              >
                <IconTrash size={18} />
              </ActionIcon>
            </Group>
          )}
        </div>
      ))}
      {error ? (
        <Text role="alert" c="red" size="sm">
          {error}
        </Text>
      ) : null}
      {readOnly || questions.length >= 50 ? null : (
        <Group>
          <Button
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => setOpen(questions.length)}
          >
            {words.add}
          </Button>
        </Group>
      )}
      <Modal
        opened={open !== null}
        onClose={() => setOpen(null)}
        title={open !== null && open < questions.length ? words.change : words.add}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        {open === null ? null : (
          <QuestionForm
            question={questions[open]}
            earlier={questions.slice(0, open)}
            onSave={(question) => {
              const next = [...questions];
              next[open] = question;
              onSave({ questions: next });
              setOpen(null);
            }}
          />
        )}
      </Modal>
    </Stack>
  );
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

interface QuestionFormProps {
  question?: Question;
  earlier: Question[];
  onSave: (question: Question) => void;
}

function QuestionForm({ question, earlier, onSave }: QuestionFormProps) {
  const t = useT();
  const words = t.questions;
  const first = question?.conditions?.[0];
  const [label, setLabel] = useState(question?.label ?? "");
  const [fault, setFault] = useState(false);
  const [kind, setKind] = useState<Question["kind"]>(question?.kind ?? "text");
  const [required, setRequired] = useState(question?.is_required ?? false);
  const [help, setHelp] = useState(question?.help ?? "");
  const [options, setOptions] = useState((question?.options ?? []).join("\n"));
  const [other, setOther] = useState(first?.question ?? "");
  const [operator, setOperator] = useState<Operator>(first?.operator ?? "is_answered");
  const [values, setValues] = useState((first?.values ?? []).join("\n"));
  const hasOptions = kind === "select" || kind === "multiselect";
  const incomplete =
    (hasOptions && lines(options).length === 0) ||
    (other !== "" && operator !== "is_answered" && lines(values).length === 0);
  const condition = {
    question: other,
    operator,
    values: operator === "is_answered" ? [] : lines(values),
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setFault(true);
        if (!label.trim() || incomplete) return;
        onSave({
          key: question?.key ?? "",
          label: label.trim(),
          kind,
          is_required: required,
          help: help.trim(),
          options: hasOptions ? lines(options) : [],
          // Further conditions, which the API takes, stay as they are.
          conditions: other ? [condition, ...(question?.conditions?.slice(1) ?? [])] : [],
        });
      }}
    >
      <Stack>
        <TextInput
          label={words.label}
          data-autofocus
          maxLength={500}
          value={label}
          error={fault && !label.trim() ? t.forms.required : undefined}
          onChange={(e) => setLabel(e.currentTarget.value)}
        />
        <Select
          label={words.kind}
          allowDeselect={false}
          data={KINDS.map((value) => ({ value, label: words.kinds[value] }))}
          value={kind}
          onChange={(value) => value && setKind(value as Question["kind"])}
        />
        {hasOptions ? (
          <Textarea
            label={words.options}
            description={words.optionsText}
            autosize
            minRows={3}
            value={options}
            error={fault && lines(options).length === 0 ? t.forms.required : undefined}
            onChange={(e) => setOptions(e.currentTarget.value)}
          />
        ) : null}
        <Switch
          label={words.required}
          checked={required}
          onChange={(e) => setRequired(e.currentTarget.checked)}
        />
        <TextInput
          label={words.help}
          description={words.helpText}
          maxLength={1000}
          value={help}
          onChange={(e) => setHelp(e.currentTarget.value)}
        />
        {earlier.length > 0 ? (
          <SimpleGrid cols={{ base: 1, xs: other ? 2 : 1 }}>
            <Select
              label={words.cond}
              allowDeselect={false}
              data={[
                { value: "", label: words.always },
                ...earlier.map((one) => ({ value: one.key ?? "", label: one.label })),
              ]}
              value={other}
              onChange={(value) => setOther(value ?? "")}
            />
            {other ? (
              <Select
                label={words.condition}
                allowDeselect={false}
                data={OPERATORS.map((value) => ({ value, label: words.ops[value] }))}
                value={operator}
                onChange={(value) => value && setOperator(value as Operator)}
              />
            ) : null}
          </SimpleGrid>
        ) : null}
        {other && operator !== "is_answered" ? (
          <Textarea
            label={words.values}
            description={words.valuesText}
            autosize
            value={values}
            error={fault && lines(values).length === 0 ? t.forms.required : undefined}
            onChange={(e) => setValues(e.currentTarget.value)}
          />
        ) : null}
        <Group justify="flex-end">
          <Button type="submit">{words.save}</Button>
        </Group>
      </Stack>
    </form>
  );
}
