/** A typed time as HH:MM, or null. Understands 9, 930, 9.30, 9:30, 9h30, 9am, 12 pm; 24:00 only as the end of a day. */
export function parseTime(text: string, endOfDay = false): string | null {
  const match = /^\s*(\d{1,2})(?:[:.hu]?(\d{2}))?\s*([ap])?\.?(?:m\.?)?\s*$/i.exec(text);
  if (!match) return null;
  let hour = Number(match[1]);
  const minute = Number(match[2] ?? 0);
  const half = match[3]?.toLowerCase();
  if (half) {
    if (hour < 1 || hour > 12) return null;
    hour = (hour % 12) + (half === "p" ? 12 : 0);
    if (endOfDay && half === "a" && hour === 0 && minute === 0) hour = 24;
  }
  if (endOfDay && hour === 0 && minute === 0) hour = 24;
  if (minute > 59 || hour > 24 || (hour === 24 && (minute > 0 || !endOfDay))) return null;
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}
