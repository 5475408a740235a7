/** One button for each company with whose account one can go on. */
import { Button, Stack } from "@mantine/core";
import { IconBuilding } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ProviderIntent } from "@/api/types";
import { useT } from "@/i18n";
import { leaveFor, signInOptionsQuery } from "./providers";

export function ProviderButtons({
  intent,
  remember,
  next,
  only,
  onError,
}: {
  intent: ProviderIntent;
  remember?: () => boolean;
  next?: string;
  /** Keys of those that are meant; all where it is left out. */
  only?: readonly string[];
  onError: (error: unknown) => void;
}) {
  const t = useT();
  const { data } = useQuery(signInOptionsQuery);
  const leave = useMutation({
    mutationFn: (provider: string) => leaveFor(provider, intent, remember?.() ?? false, next),
    onError,
  });
  const offered = (data?.providers ?? []).filter(({ key }) => only?.includes(key) ?? true);
  if (offered.length === 0) return null;
  return (
    <Stack gap="xs">
      {offered.map(({ key, name }) => (
        <Button
          key={key}
          fullWidth
          variant="default"
          leftSection={<IconBuilding size={18} aria-hidden />}
          loading={leave.isPending && leave.variables === key}
          disabled={leave.isPending && leave.variables !== key}
          onClick={() => leave.mutate(key)}
        >
          {t.ways.with(name)}
        </Button>
      ))}
    </Stack>
  );
}
