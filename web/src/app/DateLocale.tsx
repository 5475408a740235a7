/** Calendars in the reader's language; the week begins on Monday except where the region says otherwise. */
import { DatesProvider } from "@mantine/dates";
import "dayjs/locale/nl";
import "dayjs/locale/pt-br";
import type { ReactNode } from "react";
import { useLanguage } from "@/i18n";
import { useFormats } from "./session";

export function DateLocale({ children }: { children: ReactNode }) {
  const { locale } = useLanguage();
  const { locale: regional } = useFormats();
  const sundayFirst = ["pt-br", "en-us"].includes(regional.toLowerCase());
  return (
    <DatesProvider
      settings={{
        locale: locale.toLowerCase(),
        firstDayOfWeek: sundayFirst ? 0 : 1,
        // They would be red, which here means that something is wrong.
        weekendDays: [],
      }}
    >
      {children}
    </DatesProvider>
  );
}
