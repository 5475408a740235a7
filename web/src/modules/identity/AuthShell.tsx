/** The outline of the screens before sign-in: one column, the name of the product, the language. */
import { Box, NativeSelect, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import { LOCALE_NAMES, LOCALES, type Locale, useLanguage } from "@/i18n";
import { LinkAnchor } from "@/shared/links";
import classes from "./auth.module.css";

export function AuthShell({
  title,
  text,
  children,
  foot,
  wide,
}: {
  title: string;
  text?: ReactNode;
  children?: ReactNode;
  foot?: ReactNode;
  wide?: boolean;
}) {
  const { t, locale, setLocale } = useLanguage();
  useDocumentTitle(`${title} · Atrium`);
  return (
    <div className={classes.shell}>
      <header className={classes.top}>
        <LinkAnchor to="/" underline="never" className={classes.brand}>
          <Logo />
          Atrium
        </LinkAnchor>
        <NativeSelect
          aria-label={t.profile.language}
          size="xs"
          variant="unstyled"
          value={locale}
          onChange={(e) => setLocale(e.currentTarget.value as Locale)}
          data={LOCALES.map((value) => ({ value, label: LOCALE_NAMES[value] }))}
        />
      </header>
      <main className={classes.main}>
        <Box className={classes.card} data-wide={wide || undefined}>
          <Stack gap={4} mb="lg">
            <Title order={1} className={classes.title}>
              {title}
            </Title>
            {text ? (
              <Text c="dimmed" component="div">
                {text}
              </Text>
            ) : null}
          </Stack>
          {children}
        </Box>
        {foot ? (
          <Text c="dimmed" mt="lg" ta="center" component="div" className={classes.foot}>
            {foot}
          </Text>
        ) : null}
      </main>
    </div>
  );
}

function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--mantine-primary-color-filled)" />
      <path d="M7 24V15a9 9 0 0 1 18 0v9h-4v-9a5 5 0 0 0-10 0v9z" fill="var(--mantine-color-white)" />
    </svg>
  );
}
