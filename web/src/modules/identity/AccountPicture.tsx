/** One's own picture. */
import { Avatar, Button, FileButton, Group, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { User } from "@/api/types";
import { sessionQuery } from "@/app/session";
import { useT } from "@/i18n";
import { useChange } from "@/shared/change";
import { meQuery } from "./queries";

/** A form with one file, as the API takes pictures. */
export function pictureForm(file: File) {
  const form = new FormData();
  form.append("file", file);
  return { body: form as never, bodySerializer: (body: unknown) => body as FormData };
}

export const PICTURE_TYPES = "image/png,image/jpeg,image/webp";

export function AccountPicture({ user }: { user: User }) {
  const t = useT();
  const client = useQueryClient();
  const change = useChange<File | null, User>({
    run: (file) =>
      file ? take(api.PUT("/api/v1/me/avatar", pictureForm(file))) : take(api.DELETE("/api/v1/me/avatar")),
    stale: [keys.me, keys.members],
    queue: "user",
    done: (saved) => {
      client.setQueryData(meQuery.queryKey, saved);
      client.setQueryData(sessionQuery.queryKey, (session) => session && { ...session, user: saved });
    },
  });
  return (
    <Group gap="md" wrap="nowrap">
      <Avatar src={user.avatar_url} name={user.name} alt="" size={72} color="indigo" />
      <Stack gap={6}>
        <Group gap="xs">
          <FileButton accept={PICTURE_TYPES} onChange={(file) => file && change.mutate(file)}>
            {(props) => (
              <Button {...props} variant="default" size="compact-md" loading={change.isPending}>
                {t.account.choosePicture}
              </Button>
            )}
          </FileButton>
          {user.avatar_url ? (
            <Button
              variant="default"
              size="compact-md"
              disabled={change.isPending}
              onClick={() => change.mutate(null)}
            >
              {t.account.removePicture}
            </Button>
          ) : null}
        </Group>
        <Text size="sm" c="dimmed">
          {t.account.pictureText}
        </Text>
      </Stack>
    </Group>
  );
}
