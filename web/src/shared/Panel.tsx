/** A list with the open record beside it; on a narrow screen the record takes the whole place. */
import { ActionIcon, Group } from "@mantine/core";
import { IconArrowsMaximize, IconX } from "@tabler/icons-react";
import type { LinkProps } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { useT } from "@/i18n";
import { LinkActionIcon } from "@/shared/links";
import classes from "./panel.module.css";

export function ListWithPanel({ children, panel }: { children: ReactNode; panel: ReactNode }) {
  return (
    <div className={classes.split} data-open={panel ? true : undefined}>
      <div className={classes.list}>{children}</div>
      {panel}
    </div>
  );
}

export function Panel({
  label,
  onClose,
  full,
  children,
}: {
  label: string;
  onClose: () => void;
  /** Where the same record stands on a page of its own. */
  full: Pick<LinkProps, "to" | "params">;
  children: ReactNode;
}) {
  const t = useT();
  const box = useRef<HTMLElement>(null);
  const returnTo = useRef<Element | null>(null);
  useEffect(() => {
    returnTo.current = document.activeElement;
    box.current?.focus({ preventScroll: true });
    return () => {
      if (returnTo.current instanceof HTMLElement && returnTo.current.isConnected) returnTo.current.focus();
    };
  }, []);
  return (
    <aside
      ref={box}
      tabIndex={-1}
      className={classes.panel}
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) onClose();
      }}
    >
      <Group justify="flex-end" gap={4} className={classes.bar}>
        <LinkActionIcon {...full} aria-label={t.common.openFull}>
          <IconArrowsMaximize size={18} />
        </LinkActionIcon>
        <ActionIcon onClick={onClose} aria-label={t.common.close}>
          <IconX size={18} />
        </ActionIcon>
      </Group>
      <div className={classes.body}>{children}</div>
    </aside>
  );
}
