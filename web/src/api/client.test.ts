import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ifMatch, send, take } from "./client";
import { Problem } from "./problem";
import { onStepUp } from "./stepUp";

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

const stale = () => new Response('{"code":"step_up_required"}', { status: 403 });

/** Stands in for the dialog: answered from outside. */
function question() {
  let asked = 0;
  let settle: (answer: boolean) => void = () => {};
  const stop = onStepUp(() => {
    asked += 1;
    return new Promise((resolve) => {
      settle = resolve;
    });
  });
  return { asked: () => asked, answer: (answer: boolean) => settle(answer), stop };
}

it("repeats a request once after the reader has confirmed, with its body", async () => {
  const dialog = question();
  answers = [stale(), new Response("{}", { status: 201 })];
  const body = JSON.stringify({ name: "Ana" });
  const call = send(new Request("http://localhost/api/v1/roles", { method: "POST", body }));
  await vi.waitFor(() => expect(dialog.asked()).toBe(1));
  expect(seen).toHaveLength(1);
  dialog.answer(true);
  expect((await call).status).toBe(201);
  expect(seen).toHaveLength(2);
  expect(await seen[1]?.text()).toBe(body);
  dialog.stop();
});

it("does not ask twice for one request", async () => {
  const dialog = question();
  answers = [stale(), stale()];
  const call = send(new Request("http://localhost/x", { method: "DELETE" }));
  await vi.waitFor(() => expect(dialog.asked()).toBe(1));
  dialog.answer(true);
  expect((await call).status).toBe(403);
  expect(dialog.asked()).toBe(1);
  dialog.stop();
});

it("asks once for requests that are refused side by side, and anew for a later one", async () => {
  const dialog = question();
  answers = [stale(), stale(), stale()];
  const calls = ["a", "b", "c"].map((path) =>
    send(new Request(`http://localhost/${path}`, { method: "DELETE" })),
  );
  await vi.waitFor(() => expect(dialog.asked()).toBe(1));
  await vi.advanceTimersByTimeAsync(1);
  dialog.answer(true);
  const statuses = (await Promise.all(calls)).map((response) => response.status);
  expect(statuses).toEqual([200, 200, 200]);
  expect(dialog.asked()).toBe(1);
  expect(seen).toHaveLength(6);

  answers = [stale()];
  const later = send(new Request("http://localhost/d", { method: "DELETE" }));
  await vi.waitFor(() => expect(dialog.asked()).toBe(2));
  dialog.answer(true);
  expect((await later).status).toBe(200);
  dialog.stop();
});

it("does not ask again for what was sent before the reader confirmed and refused after it", async () => {
  const dialog = question();
  let late: (response: Response) => void = () => {};
  vi.stubGlobal("fetch", (request: Request) => {
    seen.push(request);
    const path = new URL(request.url).pathname;
    const tries = seen.filter((sent) => sent.url === request.url).length;
    if (tries > 1) return Promise.resolve(new Response("{}", { status: 200 }));
    if (path === "/first") return Promise.resolve(stale());
    return new Promise<Response>((resolve) => {
      late = resolve;
    });
  });
  const first = send(new Request("http://localhost/first", { method: "DELETE" }));
  const second = send(new Request("http://localhost/second", { method: "DELETE" }));
  await vi.waitFor(() => expect(dialog.asked()).toBe(1));
  dialog.answer(true);
  expect((await first).status).toBe(200);
  late(stale());
  expect((await second).status).toBe(200);
  expect(dialog.asked()).toBe(1);
  dialog.stop();
});

it("leaves a request refused that the reader does not confirm, or when nobody asks", async () => {
  const dialog = question();
  answers = [stale()];
  const call = send(new Request("http://localhost/x", { method: "DELETE" }));
  await vi.waitFor(() => expect(dialog.asked()).toBe(1));
  dialog.answer(false);
  const refused = await call;
  expect(refused.status).toBe(403);
  expect(await refused.json()).toEqual({ code: "step_up_required" });
  dialog.stop();

  answers = [stale()];
  expect((await send(new Request("http://localhost/x", { method: "DELETE" }))).status).toBe(403);
  answers = [new Response('{"code":"forbidden"}', { status: 403 })];
  expect((await send(new Request("http://localhost/x", { method: "DELETE" }))).status).toBe(403);
  expect(seen).toHaveLength(3);
});

it("does not send again what was given up meanwhile", async () => {
  const dialog = question();
  const given = new AbortController();
  answers = [stale()];
  const call = send(new Request("http://localhost/x", { signal: given.signal }));
  await vi.waitFor(() => expect(dialog.asked()).toBe(1));
  given.abort();
  dialog.answer(true);
  expect((await call).status).toBe(403);
  expect(seen).toHaveLength(1);
  dialog.stop();
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
