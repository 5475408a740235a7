import { expect, test } from "vitest";
import { answersTo, askedOf, type Question } from "./asked";

const topics: Question = { key: "topics", label: "Topics", kind: "multiselect", options: ["Roof", "Walls"] };
const age: Question = {
  key: "age",
  label: "Age",
  kind: "number",
  conditions: [{ question: "topics", operator: "contains", values: ["roof"] }],
};
const old: Question = {
  key: "old",
  label: "Why so old?",
  kind: "text",
  conditions: [{ question: "age", operator: "one_of", values: ["99", "100"] }],
};
const only: Question = {
  key: "only",
  label: "Only the walls?",
  kind: "checkbox",
  conditions: [{ question: "topics", operator: "equals", values: ["Walls"] }],
};
const more: Question = {
  key: "more",
  label: "More",
  kind: "text",
  conditions: [{ question: "topics", operator: "is_answered" }],
};
const all = [topics, age, old, only, more];
const asked = (answers: Record<string, string[]>) => askedOf(all, answers).map(({ key }) => key);

test("questions come and go with the answers to earlier ones", () => {
  expect(asked({})).toEqual(["topics"]);
  expect(asked({ topics: ["  "] })).toEqual(["topics"]);
  expect(asked({ topics: ["Walls"] })).toEqual(["topics", "only", "more"]);
  expect(asked({ topics: ["Roof", "Walls"], age: ["99"] })).toEqual(["topics", "age", "old", "more"]);
  // The age is not asked any more, so what was typed there counts for nothing.
  expect(asked({ topics: ["Walls"], age: ["99"] })).toEqual(["topics", "only", "more"]);
});

test("only what is asked and not blank is sent", () => {
  const answers = { topics: ["Walls"], age: ["99"], only: ["true"], more: [" "] };
  expect(answersTo(all, answers)).toEqual({ topics: ["Walls"], only: "true" });
  expect(answersTo(all, {})).toEqual({});
});
