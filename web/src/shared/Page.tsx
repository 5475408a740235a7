/** The outline of a screen: title line with its one primary action, then the thing itself. */
import { Box, Group, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconArrowLeft } from "@tabler/icons-react";
import type { LinkProps } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { useT } from "@/i18n";
import { LinkActionIcon } from "@/shared/links";
import classes from "./page.module.css";

interface PageProps {
  title: string;
  /** What the browser's tab says where it differs from the heading. */
  tabTitle?: string;
  description?: ReactNode;
  back?: LinkProps["to"];
  badge?: ReactNode;
  action?: ReactNode;
  /** Reading width for forms and text; the whole width otherwise. */
  narrow?: boolean;
  children: ReactNode;
}

/** Characters that leave no room for an action beside them on a phone. */
const LONG_TITLE = 28;

export function Page({ title, tabTitle, description, back, badge, action, narrow, children }: PageProps) {
  const t = useT();
  useDocumentTitle(`${tabTitle ?? title} · Atrium`);
  const heading = useRef<HTMLHeadingElement>(null);
  // A new screen begins at its heading for those who read by ear or keyboard.
  useEffect(() => {
    if (document.activeElement === document.body || document.activeElement === null) {
      heading.current?.focus({ preventScroll: true });
    }
  }, []);
  return (
    <Box className={classes.page} data-narrow={narrow || undefined}>
      <Group
        justify="space-between"
        align="flex-start"
        wrap="nowrap"
        gap="md"
        className={classes.head}
        data-long={title.length > LONG_TITLE || undefined}
      >
        <Group gap="xs" wrap="nowrap" align="flex-start" miw={0}>
          {back ? (
            <LinkActionIcon to={back} aria-label={t.common.back} mt={-2}>
              <IconArrowLeft size={20} />
            </LinkActionIcon>
          ) : null}
          <Box miw={0}>
            <Group gap="xs">
              <Title order={1} ref={heading} tabIndex={-1} className={classes.title}>
                {title}
              </Title>
              {badge}
            </Group>
            {description ? (
              <Text c="dimmed" mt={2} component="div">
                {description}
              </Text>
            ) : null}
          </Box>
        </Group>
        {action ? <div className={classes.action}>{action}</div> : null}
      </Group>
      {children}
    </Box>
  );
}

/** A titled part of a page, bounded by a hairline. */
export function Section({
  title,
  description,
  action,
  children,
  flush,
}: {
  title?: string;
  description?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
  /** The content brings its own padding, such as a list. */
  flush?: boolean;
}) {
  return (
    <section className={classes.section} aria-label={title}>
      {title ? (
        <Group justify="space-between" align="flex-start" wrap="nowrap" className={classes.sectionHead}>
          <div>
            <Title order={2}>{title}</Title>
            {description ? (
              <Text c="dimmed" mt={2}>
                {description}
              </Text>
            ) : null}
          </div>
          {action}
        </Group>
      ) : null}
      <div className={flush ? undefined : classes.sectionBody}>{children}</div>
    </section>
  );
}
