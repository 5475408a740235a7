/** The frame of the workspace: rail, top bar, content; a bottom bar on phones. */
import {
  ActionIcon,
  AppShell,
  Badge,
  Drawer,
  Group,
  Kbd,
  NavLink,
  ScrollArea,
  Stack,
  Text,
  Tooltip,
  UnstyledButton,
} from "@mantine/core";
import { useDisclosure, useLocalStorage, useMediaQuery } from "@mantine/hooks";
import {
  IconDots,
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconSearch,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useMatches, useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import type { Session } from "@/api/types";
import { nearestLocale, useLanguage, useT } from "@/i18n";
import { Bell } from "@/modules/messaging/Bell";
import { pendingBookingsQuery } from "@/modules/scheduling/queries";
import { needsWorkspace } from "./access";
import { DateLocale } from "./DateLocale";
import { FactorBanner } from "./FactorBanner";
import classes from "./frame.module.css";
import { useLive } from "./live";
import { NoWorkspace } from "./NoWorkspace";
import { type Module, modulesFor } from "./navigation";
import { OfflineBanner } from "./OfflineBanner";
import { ProfileMenu } from "./ProfileMenu";
import { ReadOnlyBanner } from "./ReadOnlyBanner";
import { Refused } from "./Refused";
import { Shortcuts } from "./Shortcuts";
import { SupportBanner } from "./SupportBanner";
import { mayDo, SessionContext, sessionQuery } from "./session";
import { TenantSwitch } from "./TenantSwitch";

const Palette = lazy(() => import("./Palette"));

export function Frame() {
  const { data: session } = useQuery(sessionQuery);
  // Of the screen that stands, not of the one that is still being loaded.
  const pathname = useMatches({ select: (matches) => matches.at(-1)?.pathname ?? "" });
  if (!session) return <SignedOut />;
  if (!session.tenant && needsWorkspace(pathname)) return <NoWorkspace session={session} />;
  if (session.refused && needsWorkspace(pathname)) {
    return (
      <>
        <SupportBanner session={session} />
        <Refused session={session} />
      </>
    );
  }
  return (
    <SessionContext value={session}>
      <SignedIn session={session} />
    </SessionContext>
  );
}

/** The session ended while the app was open: sign in, then come back here. */
function SignedOut() {
  const router = useRouter();
  useEffect(() => {
    const next = router.state.location.href;
    void router.navigate({
      to: "/sign-in",
      search: { next: next === "/" ? undefined : next },
      replace: true,
    });
  }, [router]);
  return null;
}

function SignedIn({ session }: { session: Session }) {
  const t = useT();
  const { locale, setLocale } = useLanguage();
  const wanted = nearestLocale([session.user.locale]);
  useEffect(() => {
    if (wanted !== locale) setLocale(wanted);
  }, [wanted, setLocale, locale]);

  const phone = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false });
  const [narrow, setNarrow] = useLocalStorage({
    key: "atrium.rail",
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const [paletteAsked, setPaletteAsked] = useState(false);
  const recent = useLive(session.refused ? undefined : session.tenant?.id, session.live_from);
  const modules = modulesFor(session);
  const pending = useQuery({
    ...pendingBookingsQuery,
    enabled: !session.refused && mayDo(session, "bookings:read"),
  });
  const waiting = pending.data?.items.length ?? 0;

  const openPalette = () => {
    setPaletteAsked(true);
    void import("./Palette").then((module) => module.openPalette());
  };

  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: narrow ? 64 : 224, breakpoint: "sm", collapsed: { mobile: true } }}
      footer={phone ? { height: 60 } : undefined}
      padding={0}
      transitionDuration={120}
    >
      <a href="#content" className={classes.skip}>
        {t.nav.skip}
      </a>
      <AppShell.Header className={classes.header}>
        <Group h="100%" px="sm" justify="space-between" wrap="nowrap" gap="xs">
          <TenantSwitch session={session} />
          <UnstyledButton className={classes.search} onClick={openPalette}>
            <IconSearch size={16} aria-hidden />
            <Text component="span" className={classes.searchText}>
              {t.palette.open}
            </Text>
            <Kbd size="xs" visibleFrom="sm">
              Ctrl K
            </Kbd>
          </UnstyledButton>
          <Group gap={4} wrap="nowrap" className={classes.headerEnd}>
            {/* Who is in by a lease has no notifications in the workspace. */}
            {session.tenant && !session.refused && !session.lease ? <Bell events={recent} /> : null}
            <ProfileMenu session={session} />
          </Group>
        </Group>
      </AppShell.Header>

      {phone ? null : (
        <AppShell.Navbar className={classes.rail} aria-label={t.nav.label}>
          <AppShell.Section grow component={ScrollArea} type="never">
            <Rail modules={modules} narrow={narrow} waiting={waiting} />
          </AppShell.Section>
          <AppShell.Section className={classes.railFoot}>
            <Tooltip label={narrow ? t.nav.expand : t.nav.collapse} position="right">
              <ActionIcon
                onClick={() => setNarrow(!narrow)}
                aria-label={narrow ? t.nav.expand : t.nav.collapse}
                aria-expanded={!narrow}
              >
                {narrow ? (
                  <IconLayoutSidebarLeftExpand size={20} />
                ) : (
                  <IconLayoutSidebarLeftCollapse size={20} />
                )}
              </ActionIcon>
            </Tooltip>
          </AppShell.Section>
        </AppShell.Navbar>
      )}

      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        <OfflineBanner />
        <FactorBanner session={session} />
        <ReadOnlyBanner session={session} />
        <SupportBanner session={session} />
        <DateLocale>
          <Outlet />
        </DateLocale>
      </AppShell.Main>

      {phone ? (
        <AppShell.Footer className={classes.bottom}>
          <BottomBar modules={modules} waiting={waiting} />
        </AppShell.Footer>
      ) : null}

      <Shortcuts modules={modules} openPalette={openPalette} />
      {paletteAsked ? (
        <Suspense fallback={null}>
          <Palette session={session} modules={modules} />
        </Suspense>
      ) : null}
    </AppShell>
  );
}

function useIsActive(): (module: Module) => boolean {
  const { pathname } = useLocation();
  return (module) => {
    if (module.to === "/") return pathname === "/";
    const root = `/${module.to.split("/")[1]}`;
    return pathname === root || pathname.startsWith(`${root}/`);
  };
}

function Rail({ modules, narrow, waiting }: { modules: Module[]; narrow: boolean; waiting: number }) {
  const t = useT();
  const active = useIsActive();
  return (
    <div className={classes.railList}>
      {(["work", "team", "system"] as const).map((group) => {
        const shown = modules.filter((m) => m.group === group);
        if (shown.length === 0) return null;
        return (
          <ul key={group} className={classes.group}>
            {shown.map((module) => (
              <li key={module.key}>
                <Tooltip label={t.nav[module.key]} position="right" disabled={!narrow}>
                  <NavLink
                    component={Link}
                    to={module.to}
                    className={classes.item}
                    data-narrow={narrow || undefined}
                    active={active(module)}
                    aria-current={active(module) ? "page" : undefined}
                    aria-label={narrow ? t.nav[module.key] : undefined}
                    leftSection={<module.icon size={20} stroke={1.6} aria-hidden />}
                    label={narrow ? undefined : t.nav[module.key]}
                    rightSection={
                      !narrow && module.key === "bookings" && waiting > 0 ? (
                        <Badge
                          size="sm"
                          variant="default"
                          circle={waiting < 10}
                          aria-label={t.bookings.waiting(waiting)}
                          title={t.bookings.waiting(waiting)}
                        >
                          {waiting}
                        </Badge>
                      ) : undefined
                    }
                  />
                </Tooltip>
              </li>
            ))}
          </ul>
        );
      })}
    </div>
  );
}

function BottomBar({ modules, waiting }: { modules: Module[]; waiting: number }) {
  const t = useT();
  const active = useIsActive();
  const [open, { toggle, close }] = useDisclosure(false);
  const first = modules
    .filter((m) => ["home", "bookings", "eventTypes", "contacts"].includes(m.key))
    .slice(0, 4);
  const rest = modules.filter((m) => !first.includes(m));
  return (
    <nav aria-label={t.nav.label} className={classes.bottomList}>
      {first.map((module) => (
        <Link
          key={module.key}
          to={module.to}
          className={classes.bottomItem}
          data-active={active(module) || undefined}
          aria-current={active(module) ? "page" : undefined}
        >
          <span className={classes.bottomIcon}>
            <module.icon size={20} stroke={1.6} aria-hidden />
            {module.key === "bookings" && waiting > 0 ? <span className={classes.dot} /> : null}
          </span>
          {t.nav[module.key]}
        </Link>
      ))}
      <UnstyledButton
        className={classes.bottomItem}
        onClick={toggle}
        aria-expanded={open}
        data-active={rest.some(active) || undefined}
      >
        <IconDots size={20} stroke={1.6} aria-hidden />
        {t.nav.more}
      </UnstyledButton>
      <Drawer
        opened={open}
        onClose={close}
        position="bottom"
        size="auto"
        title={t.nav.more}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <Stack gap={2}>
          {rest.map((module) => (
            <NavLink
              key={module.key}
              component={Link}
              to={module.to}
              onClick={close}
              className={classes.item}
              active={active(module)}
              leftSection={<module.icon size={20} stroke={1.6} aria-hidden />}
              label={t.nav[module.key]}
            />
          ))}
        </Stack>
      </Drawer>
    </nav>
  );
}
