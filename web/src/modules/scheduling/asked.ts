/** Which questions of an event type are asked, given the answers: as the program judges it too. */
import type { EventType } from "@/api/types";

export type Question = EventType["questions"][number];
type Condition = NonNullable<Question["conditions"]>[number];

/** By the keys of the questions; a ticked box is `true`, in words. */
export type Answers = Record<string, string[]>;

function holds({ operator, values = [] }: Condition, given: string[]): boolean {
  switch (operator) {
    case "is_answered":
      return given.length > 0;
    case "equals":
      return given.length === 1 && given[0] === values[0];
    case "one_of":
      return given.some((value) => values.includes(value));
    case "contains":
      return given.some((value) => value.toLowerCase().includes((values[0] ?? "").toLowerCase()));
  }
}

/** The questions that are asked: one that is not itself counts as not answered. */
export function askedOf(questions: Question[], answers: Answers): Question[] {
  const asked: Question[] = [];
  for (const question of questions) {
    const said = (key: string) => (asked.some((one) => one.key === key) ? given(answers, key) : []);
    if ((question.conditions ?? []).every((one) => holds(one, said(one.question)))) asked.push(question);
  }
  return asked;
}

function given(answers: Answers, key: string): string[] {
  return (answers[key] ?? []).map((value) => value.trim()).filter(Boolean);
}

/** What is sent of it: nothing that is blank or not asked. */
export function answersTo(questions: Question[], answers: Answers): Record<string, unknown> {
  const pairs = askedOf(questions, answers).map(({ key = "", kind }) => {
    const values = given(answers, key);
    return [key, kind === "multiselect" ? values : values[0]] as const;
  });
  return Object.fromEntries(pairs.filter(([, value]) => value && value.length > 0));
}
