/** Bookings made on each of the last seven days, as bars that are rows with their numbers. */
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
          <div className={classes.barRow}>
            <span className={classes.barDay}>{f.shortDay(day.date)}</span>
            <span className={classes.barTrack}>
              {day.count > 0 ? (
                <span className={classes.bar} style={{ width: `${(day.count / most) * 100}%` }} />
              ) : null}
            </span>
            <span className={classes.barCount}>{f.number(day.count)}</span>
          </div>
        </li>
      ))}
    </ul>
  );
}
