/** The live stream of events. Read with fetch rather than EventSource, which only delivers event names known beforehand. */

export interface LiveEvent {
  id: string;
  kind: string;
  subject_type: string;
  subject_id: string;
  payload: Record<string, unknown>;
  actor_id: string | null;
  created_at: string;
}

export interface Frame {
  id?: string;
  event: string;
  data: string;
}

/** Splits a server-sent stream into frames (WHATWG HTML 9.2.6); feed it text as it arrives. */
export function frameReader(): (chunk: string) => Frame[] {
  let rest = "";
  return (chunk) => {
    rest += chunk.replaceAll("\r\n", "\n").replaceAll("\r", "\n");
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => {
      const frame: Frame = { event: "message", data: "" };
      const data: string[] = [];
      for (const line of block.split("\n")) {
        if (line.startsWith(":")) continue;
        const colon = line.indexOf(":");
        const name = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (name === "data") data.push(value);
        else if (name === "event") frame.event = value;
        else if (name === "id") frame.id = value;
      }
      if (data.length === 0) return [];
      return [{ ...frame, data: data.join("\n") }];
    });
  };
}

/** Milliseconds to wait before the n-th reconnection: doubling from one second to half a minute, with jitter. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  return Math.min(30_000, 1000 * 2 ** Math.min(attempt, 10)) * (0.5 + random() / 2);
}

/**
 * Follows the stream from that place until aborted, resuming after the last event seen, and tells each event with its
 * place. The server ends it when somebody's rights, or
 * who is in the workspace, may have changed: `onAgain` is told when it was asked again, whatever the answer.
 */
export async function follow(
  url: string,
  from: string,
  signal: AbortSignal,
  onEvent: (event: LiveEvent, place: string) => void,
  onAgain: () => void,
): Promise<void> {
  let last = from;
  let attempt = 0;
  let again = false;
  while (!signal.aborted) {
    try {
      const headers = { Accept: "text/event-stream", "Last-Event-ID": last };
      const response = await fetch(url, { headers, signal, credentials: "same-origin", cache: "no-store" });
      if (again) onAgain();
      again = true;
      if (response.status === 401 || response.status === 403) return;
      if (response.ok && response.body) {
        attempt = 0;
        const read = frameReader();
        const decoder = new TextDecoder();
        const reader = response.body.getReader();
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
          for (const frame of read(decoder.decode(part.value, { stream: true }))) {
            // Events fell out of the server's memory for this reader: connect again and take up after the last one.
            if (frame.event === "reset") throw new Error("reset");
            if (frame.id !== undefined) last = frame.id;
            // The greeting says where the stream stands, and nothing more.
            if (frame.event === "ready" || frame.id === undefined) continue;
            onEvent(JSON.parse(frame.data) as LiveEvent, last);
          }
        }
      }
    } catch {
      // A dropped connection is ordinary: wait and resume.
    }
    if (signal.aborted) return;
    await pause(backoff(attempt++), signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
