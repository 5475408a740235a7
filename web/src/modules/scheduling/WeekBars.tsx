/** Bookings of the last seven days as bars; each bar is a row with its number and opens to what it counts. */
import { Link } from "@tanstack/react-router";
import type { Home } from "@/api/types";
import { useFormats } from "@/app/session";
import classes from "./home.module.css";

export function WeekBars({ days }: { days: Home["bookings_7d"] }) {
  const f = useFormats();
  const most = Math.max(1, ...days.map((day) => day.count));
  return (
    <ul className={classes.bars}>
      {days.map((day) => (
        <li key={day.date}>
          <Link to="/bookings" search={{ from: day.date, to: day.date }} className={classes.barRow}>
            <span className={classes.barDay}>{f.shortDay(day.date)}</span>
            <span className={classes.barTrack}>
              <span className={classes.bar} style={{ width: `${(day.count / most) * 100}%` }} />
            </span>
            <span className={classes.barCount}>{f.number(day.count)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
