/** What stands where a screen could not be shown. */
import { Anchor, Center, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { useT } from "@/i18n";
import { LinkButton } from "@/shared/links";
import { ProblemAlert } from "@/shared/states";

export function NotFound() {
  const t = useT();
  useDocumentTitle(`${t.errors.notFoundTitle} · Atrium`);
  return (
    <Center component="main" mih="70vh" p="lg">
      <Stack align="center" gap="xs">
        <Title order={1}>{t.errors.notFoundTitle}</Title>
        <Text c="dimmed" ta="center">
          {t.errors.notFoundText}
        </Text>
        <LinkButton to="/" mt="sm">
          {t.errors.goHome}
        </LinkButton>
      </Stack>
    </Center>
  );
}

export function RouteError({ error, reset }: ErrorComponentProps) {
  const t = useT();
  const router = useRouter();
  useDocumentTitle(`${t.problems.title} · Atrium`);
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Center component="main" mih="60vh" p="lg">
      <Stack maw={560} w="100%">
        <Title order={1}>{t.errors.crashTitle}</Title>
        <ProblemAlert error={error} retry={again} />
        <Text c="dimmed">
          {t.errors.crashText}{" "}
          <Anchor href="/" inherit>
            {t.errors.goHome}
          </Anchor>
        </Text>
      </Stack>
    </Center>
  );
}
