/** Attempts to sign in to one's account: the newest, and on demand those before. */
import { Badge, Button, Group, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { SignInAttempt } from "@/api/types";
import { useLanguage } from "@/i18n";
import { When } from "@/shared/bits";
import { wordFor } from "@/shared/eventText";
import { Section } from "@/shared/Page";
import { pagesOf } from "@/shared/pages";
import { placeName } from "@/shared/place";
import { Answer } from "@/shared/states";
import { deviceName } from "./deviceName";
import classes from "./security.module.css";

export function SignIns() {
  const { t } = useLanguage();
  const query = useInfiniteQuery(
    pagesOf([keys.signIns], (cursor, signal) =>
      take(api.GET("/api/v1/me/sign-ins", { params: { query: { cursor, limit: 10 } }, signal })),
    ),
  );
  return (
    <Section title={t.signIns.title} description={t.signIns.text} flush>
      <div className={classes.list}>
        <Answer query={query}>
          {(attempts) => (
            <>
              <ul className={classes.plain}>
                {attempts.map((attempt) => (
                  <Attempt key={attempt.id} attempt={attempt} />
                ))}
              </ul>
              {query.hasNextPage ? (
                <Button
                  variant="subtle"
                  my="xs"
                  loading={query.isFetchingNextPage}
                  onClick={() => void query.fetchNextPage()}
                >
                  {t.common.more}
                </Button>
              ) : null}
            </>
          )}
        </Answer>
      </div>
    </Section>
  );
}

function Attempt({ attempt }: { attempt: SignInAttempt }) {
  const { t, locale } = useLanguage();
  const failed = attempt.outcome !== "success";
  const facts = [
    attempt.ip_address,
    placeName(attempt.place, locale),
    attempt.factors.map((factor) => wordFor(t.signIns.factors, factor)).join(" + "),
    failed
      ? attempt.failure_reason
        ? wordFor(t.signIns.reasons, attempt.failure_reason)
        : ""
      : attempt.workspace,
  ].filter(Boolean);
  return (
    <li className={classes.session}>
      <Group gap="xs">
        <Text fw={500}>{deviceName(attempt.user_agent ?? "") || t.security.unknownDevice}</Text>
        {failed ? (
          <Badge variant="light" color="red">
            {t.signIns.failed}
          </Badge>
        ) : null}
      </Group>
      <Text size="sm" c="dimmed" component="div">
        <When at={attempt.created_at} />
        {facts.map((fact) => ` · ${fact}`)}
      </Text>
    </li>
  );
}
