import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ifMatch, send, take } from "./client";
import { Problem } from "./problem";

const seen: Request[] = [];
let answers: (Response | Error)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("navigator", { onLine: true });
  vi.stubGlobal("fetch", async (request: Request) => {
    seen.push(request);
    const answer = answers.shift() ?? new Response("{}", { status: 200 });
    if (answer instanceof Error) throw answer;
    return answer;
  });
});

afterEach(() => {
  seen.length = 0;
  answers = [];
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const post = () => new Request("http://localhost/api/v1/contacts", { method: "POST", body: "{}" });
const lost = () => new Response('{"code":"unknown_outcome"}', { status: 503 });

it("repeats a POST whose answer was lost with the same key", async () => {
  answers = [new TypeError("connection reset"), lost(), new Response("{}", { status: 201 })];
  const answer = send(post());
  await vi.runAllTimersAsync();
  expect((await answer).status).toBe(201);
  const used = seen.map((request) => request.headers.get("Idempotency-Key"));
  expect(used).toHaveLength(3);
  expect(new Set(used).size).toBe(1);
  expect(used[0]).toMatch(/^[0-9a-f-]{36}$/);
});

it("does not repeat a refusal, nor anything but a POST", async () => {
  answers = [new Response('{"code":"overloaded"}', { status: 503 })];
  expect((await send(post())).status).toBe(503);
  answers = [new TypeError("down")];
  await expect(send(new Request("http://localhost/x", { method: "PATCH" }))).rejects.toThrow("down");
  expect(seen).toHaveLength(2);
});

it("throws the problem of a refused call", async () => {
  const response = new Response(null, { status: 412 });
  const call = Promise.resolve({ error: { code: "version_conflict" }, response });
  await expect(take(call)).rejects.toMatchObject({ code: "version_conflict", status: 412 });
  await expect(take(call)).rejects.toBeInstanceOf(Problem);
});

it("quotes versions", () => {
  expect(ifMatch({ version: 12 })).toEqual({ "If-Match": '"12"' });
});
