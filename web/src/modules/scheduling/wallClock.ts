import { dateIn } from "@/shared/time";

/** An instant as `YYYY-MM-DD HH:mm:ss` on the clocks of a zone, as calendar views want it. */
export function wallClock(instant: string, zone: string): string {
  const time = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(new Date(instant));
  return `${dateIn(instant, zone)} ${time}`;
}
