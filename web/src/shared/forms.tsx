/** Forms: one column, errors at the field and in one summary, focus to the first. */
import { Alert, List } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState } from "react";
import { asProblem, fieldErrors, problemText } from "@/api/problem";
import { useT } from "@/i18n";
import type { Catalogue } from "@/i18n/en";
import { refusal } from "./toast";

export const EMAIL = /^[^\s@<>"(),:;]+@[^\s@<>"(),:;]+\.[^\s@<>"(),:;.]{2,}$/;
/** Characters of a password that is the only factor, and of one beside a second factor (NIST SP 800-63B-4, 3.1.1.2). */
export const PASSWORD_MIN = 15;
export const PASSWORD_MIN_BESIDE = 8;

export const check = {
  required: (t: Catalogue) => (value: string) => (value.trim() ? null : t.forms.required),
  email: (t: Catalogue) => (value: string) => (EMAIL.test(value.trim()) ? null : t.forms.email),
  password:
    (t: Catalogue, min = PASSWORD_MIN) =>
    (value: string) =>
      [...value].length >= min ? null : t.forms.password(min),
};

/** Puts the server's refusal into a form: fields it names get their message, the rest is the summary. */
export function useFormProblem<T extends Record<string, unknown>>(form: UseFormReturnType<T>) {
  const t = useT();
  const [summary, setSummary] = useState<string[]>([]);
  const show = (error: unknown) => {
    const problem = asProblem(error);
    if (problem.code === "step_up_required") return refusal(error, t);
    const fields = fieldErrors(problem, t);
    const known = Object.keys(fields).filter((name) => name in form.getValues());
    form.setErrors(Object.fromEntries(known.map((name) => [name, fields[name]])));
    const first = known[0];
    if (first) form.getInputNode(first)?.focus();
    const rest = Object.entries(fields).filter(([name]) => !known.includes(name));
    const lines = rest.map(([name, message]) => `${name}: ${message}`);
    setSummary(known.length > 0 ? lines : [problemText(problem, t), ...lines]);
  };
  return { summary, show, clear: () => setSummary([]) };
}

/** On a refused submit: to the first faulty field. */
export function focusFirst<T extends Record<string, unknown>>(form: UseFormReturnType<T>) {
  return (errors: Record<string, unknown>) => {
    const first = Object.keys(errors)[0];
    if (first) form.getInputNode(first)?.focus();
  };
}

export function FormSummary({ lines }: { lines: string[] }) {
  const t = useT();
  if (lines.length === 0) return null;
  return (
    <Alert color="red" variant="outline" role="alert" icon={<IconAlertTriangle size={20} aria-hidden />}>
      {lines.length === 1 ? (
        lines[0]
      ) : (
        <>
          {t.forms.summary}
          <List size="sm" mt={4}>
            {lines.map((line) => (
              <List.Item key={line}>{line}</List.Item>
            ))}
          </List>
        </>
      )}
    </Alert>
  );
}
