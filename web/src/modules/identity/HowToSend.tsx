import { Anchor, Code } from "@mantine/core";
import { useT } from "@/i18n";

/** The header by which a program shows its token, and where it reads what it can ask for. */
export function HowToSend() {
  const t = useT();
  return (
    <>
      <Code block mt="xs" mb={4}>
        Authorization: Bearer …
      </Code>
      <Anchor href="/api/openapi.json" target="_blank" rel="noreferrer" inherit size="sm" underline="always">
        {t.tokens.api}
      </Anchor>
    </>
  );
}
