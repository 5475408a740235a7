import { Link, type LinkProps } from "@tanstack/react-router";
import classes from "./tabs.module.css";

export interface LinkTab {
  label: string;
  link: Pick<LinkProps, "to" | "search" | "params">;
  active: boolean;
  count?: number;
}

/** Views of one thing, each with its own address. */
export function LinkTabs({ label, tabs }: { label: string; tabs: LinkTab[] }) {
  return (
    <nav aria-label={label} className={classes.tabs}>
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
}
