import { Link, type LinkProps } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import classes from "./tabs.module.css";

export interface LinkTab {
  label: string;
  link: Pick<LinkProps, "to" | "search" | "params">;
  active: boolean;
  count?: number;
}

/**
 * Views of one thing, each with its own address. Where `children` are given and the window is wide, the tabs stand beside
 * them as a list: many of them fit no line.
 */
export function LinkTabs({
  label,
  tabs,
  children,
}: {
  label: string;
  tabs: LinkTab[];
  children?: ReactNode;
}) {
  const bar = useRef<HTMLElement>(null);
  const active = tabs.find((tab) => tab.active)?.label;
  // On a phone the tabs are wider than the screen; the open one is always to be seen.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another open tab moves the bar
  useEffect(() => {
    const tab = bar.current?.querySelector<HTMLElement>("[aria-current=page]");
    if (bar.current && tab) bar.current.scrollLeft = tab.offsetLeft - bar.current.clientWidth / 3;
  }, [active]);
  const nav = (
    <nav ref={bar} aria-label={label} className={classes.tabs}>
      {tabs.map((tab) => (
        <Link
          key={tab.label}
          {...tab.link}
          className={classes.tab}
          data-active={tab.active || undefined}
          aria-current={tab.active ? "page" : undefined}
        >
          {tab.label}
          {tab.count ? <span className={classes.count}>{tab.count}</span> : null}
        </Link>
      ))}
    </nav>
  );
  if (children === undefined) return nav;
  return (
    <div className={classes.beside}>
      {nav}
      <div>{children}</div>
    </div>
  );
}
