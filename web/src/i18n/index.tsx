/** The reader's language: catalogues loaded when needed, the English one as their type. */
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { type Catalogue, en } from "./en";

export const LOCALES = ["en", "pt-BR", "nl"] as const;
export type Locale = (typeof LOCALES)[number];

export const LOCALE_NAMES: Record<Locale, string> = {
  en: "English",
  "pt-BR": "Português (Brasil)",
  nl: "Nederlands",
};

const STORED = "atrium.locale";

/** The catalogue locale nearest to a BCP 47 tag. */
export function nearestLocale(tags: readonly (string | null | undefined)[]): Locale {
  for (const tag of tags) {
    const language = tag?.toLowerCase().split(/[-_]/)[0];
    if (language === "pt") return "pt-BR";
    if (language === "nl") return "nl";
    if (language === "en") return "en";
  }
  return "en";
}

export function storedLocale(): Locale {
  return nearestLocale([localStorage.getItem(STORED), ...navigator.languages]);
}

async function load(locale: Locale): Promise<Catalogue> {
  if (locale === "pt-BR") return (await import("./pt-BR")).ptBR;
  if (locale === "nl") return (await import("./nl")).nl;
  return en;
}

interface Language {
  locale: Locale;
  t: Catalogue;
  setLocale: (locale: Locale) => void;
}

const LanguageContext = createContext<Language>({ locale: "en", t: en, setLocale: () => {} });

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [wanted, setWanted] = useState<Locale>(storedLocale);
  const [shown, setShown] = useState<{ locale: Locale; t: Catalogue } | null>(
    wanted === "en" ? { locale: "en", t: en } : null,
  );

  useEffect(() => {
    let current = true;
    load(wanted).then(
      (t) => {
        if (!current) return;
        document.documentElement.lang = wanted;
        setShown({ locale: wanted, t });
      },
      () => current && setShown({ locale: "en", t: en }),
    );
    return () => {
      current = false;
    };
  }, [wanted]);

  if (!shown) return null;
  const setLocale = (locale: Locale) => {
    localStorage.setItem(STORED, locale);
    setWanted(locale);
  };
  return <LanguageContext value={{ ...shown, setLocale }}>{children}</LanguageContext>;
}

export function useLanguage(): Language {
  return useContext(LanguageContext);
}

/** The texts in the reader's language. */
export function useT(): Catalogue {
  return useContext(LanguageContext).t;
}
