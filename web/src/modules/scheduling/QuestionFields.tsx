/** The questions of an event type, for a member who books for somebody: they come and go with the answers. */
import {
  Checkbox,
  type InputWrapperProps,
  MultiSelect,
  NativeSelect,
  Stack,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useT } from "@/i18n";
import { type Answers, askedOf, type Question } from "./asked";

interface QuestionFieldsProps {
  questions: Question[];
  answers: Answers;
  errors: Record<string, string>;
  onChange: (answers: Answers) => void;
}

const TYPES: Partial<Record<Question["kind"], string>> = {
  email: "email",
  phone: "tel",
  url: "url",
  date: "date",
};

const ORDER: InputWrapperProps["inputWrapperOrder"] = ["label", "input", "description", "error"];

export function QuestionFields({ questions, answers, errors, onChange }: QuestionFieldsProps) {
  const t = useT();
  const asked = askedOf(questions, answers);
  if (asked.length === 0) return null;
  return (
    <Stack>
      {asked.map((question) => {
        const { key = "", kind, help, options = [] } = question;
        const values = answers[key] ?? [];
        const set = (next: string[]) => onChange({ ...answers, [key]: next });
        const shared = {
          label: question.label,
          description: help || undefined,
          error: errors[`answers.${key}`],
        };
        const wrapper = { ...shared, inputWrapperOrder: ORDER };
        switch (kind) {
          case "checkbox":
            return (
              <Checkbox
                key={key}
                {...shared}
                checked={values[0] === "true"}
                onChange={(e) => set(e.currentTarget.checked ? ["true"] : [])}
              />
            );
          case "select":
            return (
              <NativeSelect
                key={key}
                {...wrapper}
                data={["", ...options]}
                value={values[0] ?? ""}
                onChange={(e) => set([e.currentTarget.value])}
              />
            );
          case "multiselect":
            return (
              <MultiSelect
                key={key}
                {...wrapper}
                data={options}
                value={values}
                clearable
                nothingFoundMessage={t.common.nothingFound}
                // In the order of the options, as the program keeps them.
                onChange={(next) => set(options.filter((option) => next.includes(option)))}
              />
            );
          case "textarea":
            return (
              <Textarea
                key={key}
                {...wrapper}
                autosize
                minRows={2}
                maxLength={5000}
                value={values[0] ?? ""}
                onChange={(e) => set([e.currentTarget.value])}
              />
            );
          default:
            return (
              <TextInput
                key={key}
                {...wrapper}
                type={TYPES[kind] ?? "text"}
                inputMode={kind === "number" ? "decimal" : undefined}
                maxLength={2000}
                value={values[0] ?? ""}
                onChange={(e) => set([e.currentTarget.value])}
              />
            );
        }
      })}
    </Stack>
  );
}
