/** Attempts to sign in to one's account, and what happened to it: the newest, and on demand those before. */
import { Badge, Button, Group, Text } from "@mantine/core";
import { type UseInfiniteQueryResult, useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { AccountEvent, SignInAttempt } from "@/api/types";
import { useLanguage, useT } from "@/i18n";
import type { Catalogue } from "@/i18n/en";
import { When } from "@/shared/bits";
import { wordFor } from "@/shared/eventText";
import { Section } from "@/shared/Page";
import { pagesOf } from "@/shared/pages";
import { placeName } from "@/shared/place";
import { SEVERITY_COLORS } from "@/shared/severity";
import { Answer } from "@/shared/states";
import { deviceName } from "./deviceName";
import classes from "./security.module.css";

/** What was shown: `Password + Authenticator app`. */
function factorNames(attempt: Pick<SignInAttempt, "factors">, t: Catalogue): string {
  return attempt.factors.map((factor) => wordFor(t.signIns.factors, factor)).join(" + ");
}

/** How it was tried and with what outcome, and from where, as far as that is known. */
export function attemptFacts(
  attempt: Pick<
    SignInAttempt,
    "factors" | "failure_reason" | "attempts" | "ip_address" | "place" | "user_agent"
  >,
  t: Catalogue,
  locale: string,
): { how: string[]; where: string[] } {
  const known = (facts: (string | null | undefined)[]) =>
    facts.filter((fact) => fact != null).filter(Boolean);
  return {
    how: known([
      factorNames(attempt, t),
      attempt.failure_reason ? wordFor(t.signIns.reasons, attempt.failure_reason) : "",
      attempt.attempts > 1 ? t.signIns.times(attempt.attempts) : "",
    ]),
    where: known([
      attempt.ip_address,
      placeName(attempt.place, locale),
      deviceName(attempt.user_agent ?? ""),
    ]),
  };
}

export function SignIns() {
  const t = useT();
  const query = useInfiniteQuery(
    pagesOf([keys.signIns], (cursor, signal) =>
      take(api.GET("/api/v1/me/sign-ins", { params: { query: { cursor, limit: 10 } }, signal })),
    ),
  );
  return (
    <Log title={t.signIns.title} text={t.signIns.text} none={t.signIns.noneText} query={query}>
      {(attempt) => <Attempt key={attempt.id} attempt={attempt} />}
    </Log>
  );
}

function Attempt({ attempt }: { attempt: SignInAttempt }) {
  const { t, locale } = useLanguage();
  const isIn = attempt.outcome === "success" || attempt.outcome === "entered";
  const facts = [
    attempt.ip_address,
    placeName(attempt.place, locale),
    factorNames(attempt, t),
    isIn ? attempt.workspace : attempt.failure_reason && wordFor(t.signIns.reasons, attempt.failure_reason),
    attempt.attempts > 1 ? t.signIns.times(attempt.attempts) : "",
  ].filter(Boolean);
  return (
    <li className={classes.session}>
      <Group gap="xs">
        <Text fw={500}>{deviceName(attempt.user_agent ?? "") || t.security.unknownDevice}</Text>
        {attempt.outcome === "success" ? null : (
          <Badge variant="light" color={isIn ? "gray" : "red"}>
            {wordFor(t.signIns.outcomes, attempt.outcome)}
          </Badge>
        )}
      </Group>
      <Text size="sm" c="dimmed" component="div">
        <When at={attempt.created_at} />
        {facts.map((fact) => ` · ${fact}`)}
      </Text>
    </li>
  );
}

export function AccountEvents() {
  const t = useT();
  const query = useInfiniteQuery(
    pagesOf([keys.accountEvents], (cursor, signal) =>
      take(api.GET("/api/v1/me/security-events", { params: { query: { cursor, limit: 10 } }, signal })),
    ),
  );
  return (
    <Log title={t.signIns.events} text={t.signIns.eventsText} none={t.signIns.noEvents} query={query}>
      {(event) => <Happened key={event.id} event={event} />}
    </Log>
  );
}

function Happened({ event }: { event: AccountEvent }) {
  const t = useT();
  const facts = [event.ip_address, deviceName(event.user_agent ?? "")].filter(Boolean);
  return (
    <li className={classes.session}>
      <Group gap="xs">
        <Text fw={500}>{wordFor(t.securityEvents.kinds, event.event)}</Text>
        {event.severity === "low" ? null : (
          <Badge variant="dot" color={SEVERITY_COLORS[event.severity]}>
            {wordFor(t.securityEvents.severities, event.severity)}
          </Badge>
        )}
      </Group>
      <Text size="sm" c="dimmed" component="div">
        <When at={event.created_at} />
        {facts.map((fact) => ` · ${fact}`)}
      </Text>
    </li>
  );
}

/** A section that loads more on demand: what stands below it is not to be pushed away by itself. */
function Log<T>({
  title,
  text,
  none,
  query,
  children,
}: {
  title: string;
  text: string;
  none: string;
  query: UseInfiniteQueryResult<T[]>;
  children: (item: T) => ReactNode;
}) {
  const t = useT();
  return (
    <Section title={title} description={text} flush>
      <div className={classes.list}>
        <Answer query={query}>
          {(items) =>
            items.length === 0 ? (
              <Text c="dimmed" py="sm">
                {none}
              </Text>
            ) : (
              <ul className={classes.plain}>{items.map(children)}</ul>
            )
          }
        </Answer>
        {query.hasNextPage ? (
          <Button
            variant="subtle"
            my="xs"
            loading={query.isFetchingNextPage}
            aria-label={`${t.common.more}: ${title}`}
            onClick={() => void query.fetchNextPage()}
          >
            {t.common.more}
          </Button>
        ) : null}
      </div>
    </Section>
  );
}
