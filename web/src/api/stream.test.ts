import { expect, it, vi } from "vitest";
import { backoff, follow, frameReader } from "./stream";

it("reads frames however the network cuts them", () => {
  const text =
    ': hello\n\nid: 7\nevent: booking.created\ndata: {"a":1}\n\nevent: x\r\ndata: one\r\ndata: two\r\n\r\nid: 9\nda';
  const whole = frameReader()(text);
  expect(whole).toEqual([
    { id: "7", event: "booking.created", data: '{"a":1}' },
    { event: "x", data: "one\ntwo" },
  ]);
  const read = frameReader();
  const pieces = [...text.replaceAll("\r\n", "\n")].flatMap((letter) => read(letter));
  expect(pieces).toEqual(whole);
});

it("ignores heartbeats and frames without data", () => {
  const read = frameReader();
  expect(read(": beat\n\n")).toEqual([]);
  expect(read("id: 3\n\n")).toEqual([]);
});

it("waits longer after each failure, up to half a minute", () => {
  expect(backoff(0, () => 1)).toBe(1000);
  expect(backoff(3, () => 1)).toBe(8000);
  expect(backoff(50, () => 1)).toBe(30_000);
  expect(backoff(0, () => 0)).toBe(500);
});

it("takes the greeting's place and tells events only", async () => {
  const stop = new AbortController();
  const asked: (string | null)[] = [];
  const parts = [
    "id: 5-1\nevent: ready\ndata: {}\n\n",
    'id: 6-2\nevent: contact.created\ndata: {"kind":"contact.created"}\n\n',
  ];
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    asked.push(new Headers(init.headers).get("Last-Event-ID"));
    const part = parts.shift();
    if (part === undefined) stop.abort();
    return new Response(part ?? "", { headers: { "content-type": "text/event-stream" } });
  });
  vi.spyOn(Math, "random").mockReturnValue(-1);
  const told: [string, string][] = [];
  let again = 0;
  await follow(
    "/stream",
    "4-0",
    stop.signal,
    (event, place) => told.push([event.kind, place]),
    () => again++,
  );
  expect(again, "the first connection is not one more").toBe(2);
  expect(told).toEqual([["contact.created", "6-2"]]);
  expect(asked).toEqual(["4-0", "5-1", "6-2"]);
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
