/** What a step says, filled in: a message as one reads it, anything else by its parts. */
import { Code, Stack, Text } from "@mantine/core";
import { useT } from "@/i18n";
import classes from "./workflows.module.css";

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

export function Said({ input }: { input: Record<string, unknown> }) {
  const t = useT();
  if (Object.keys(input).length === 0) return null;
  if (!isText(input.text)) {
    return (
      <Code block className={classes.pre} mt="xs">
        {JSON.stringify(input, null, 2)}
      </Code>
    );
  }
  const to = Array.isArray(input.to) ? input.to.filter(isText).join(", ") : "";
  return (
    <Stack gap={4} mt="xs">
      <Text size="sm" c="dimmed">
        {t.workflows.recipient}: {to}
      </Text>
      {isText(input.subject) ? (
        <Text size="sm" fw={500}>
          {input.subject}
        </Text>
      ) : null}
      <Text size="sm" className={classes.pre}>
        {input.text}
      </Text>
    </Stack>
  );
}
