/** Live updates: one stream for all tabs, each event making the right queries stale. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { keys, keysOfEvent } from "@/api/cache";
import { follow, type LiveEvent } from "@/api/stream";
import { onSessionElsewhere, tellElsewhere } from "./session";

const KEPT = 30;
const LOCK = "atrium.stream";

/** Holds a lock while running, so that only one tab keeps a connection; the others hear it from that tab. */
function alone(signal: AbortSignal, run: () => Promise<void>): void {
  if (!navigator.locks) return void run();
  navigator.locks.request(LOCK, { signal }, run).catch(() => {
    // Aborted while waiting: this tab was closed or signed out.
  });
}

interface Heard {
  event: LiveEvent;
  place: string;
}

/**
 * Follows the stream of the session's tenant and answers the latest events, newest first.
 * Changing `tenantId` starts a new stream, at the place `from`: what happens between the session's answer and the
 * connection would be missed otherwise.
 */
export function useLive(tenantId: string | undefined, from: string): LiveEvent[] {
  const client = useQueryClient();
  const [recent, setRecent] = useState<LiveEvent[]>([]);
  const start = useRef(from);
  start.current = from;

  useEffect(() => {
    if (!tenantId) return;
    setRecent([]);
    let last = start.current;
    const stop = new AbortController();
    const channel = new BroadcastChannel(`atrium.events.${tenantId}`);
    const pending = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;

    const hear = ({ event, place }: Heard) => {
      last = place;
      setRecent((list) => (list.some((e) => e.id === event.id) ? list : [event, ...list].slice(0, KEPT)));
      for (const [key] of keysOfEvent(event.kind)) pending.add(String(key));
      // A burst of events costs one reading, not one each.
      timer ??= setTimeout(() => {
        timer = undefined;
        for (const key of pending) void client.invalidateQueries({ queryKey: [key] });
        pending.clear();
      }, 150);
    };

    channel.onmessage = (message: MessageEvent<Heard>) => hear(message.data);
    alone(stop.signal, () =>
      follow(
        "/api/v1/events/stream",
        last,
        stop.signal,
        (event, place) => {
          channel.postMessage({ event, place });
          hear({ event, place });
        },
        () => {
          void client.invalidateQueries({ queryKey: [keys.session] });
          void client.invalidateQueries({ queryKey: [keys.supportLeases] });
          tellElsewhere();
        },
      ),
    );
    const forget = onSessionElsewhere(() => void client.invalidateQueries({ queryKey: [keys.session] }));
    return () => {
      stop.abort();
      clearTimeout(timer);
      channel.close();
      forget();
    };
  }, [tenantId, client]);

  return recent;
}
