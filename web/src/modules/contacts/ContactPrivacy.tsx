/** The contact's rights: all data handed out, or erased for good. */
import { Button, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDownload, IconEraser } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { asProblem } from "@/api/problem";
import type { Contact } from "@/api/types";
import { useT } from "@/i18n";
import { saveFile } from "@/shared/saveFile";
import { TypedDialog } from "@/shared/TypedDialog";
import { notice, refusal } from "@/shared/toast";

export function ContactPrivacy({ contact, onErased }: { contact: Contact; onErased: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  const path = { params: { path: { id: contact.id } } };
  const hand = useMutation({
    mutationFn: () =>
      take(api.POST("/api/v1/privacy/contacts/{id}/data-export", { ...path, parseAs: "blob" })),
    onSuccess: (content) => saveFile(content as unknown as Blob, "contact-data.json"),
    onError: (error) => refusal(error, t),
  });
  const erase = useMutation({
    mutationFn: () =>
      take(api.POST("/api/v1/privacy/contacts/{id}/erasure", { ...path, body: { name: contact.name } })),
    onSuccess: () => {
      notice(t.contactPrivacy.erased);
      close();
      onErased();
    },
    onError: (error) => {
      if (asProblem(error).code !== "upcoming_bookings") refusal(error, t);
    },
    onSettled: () => client.invalidateQueries({ queryKey: [keys.contacts] }),
  });
  const upcoming = erase.error && asProblem(erase.error).code === "upcoming_bookings";
  return (
    <Group gap="xs" mt="xs" role="group" aria-label={t.contactPrivacy.title}>
      <Button
        variant="default"
        size="compact-md"
        leftSection={<IconDownload size={16} aria-hidden />}
        loading={hand.isPending}
        onClick={() => hand.mutate()}
      >
        {t.contactPrivacy.export}
      </Button>
      <Button
        variant="default"
        size="compact-md"
        leftSection={<IconEraser size={16} aria-hidden />}
        onClick={() => {
          erase.reset();
          open();
        }}
      >
        {t.contactPrivacy.erase}
      </Button>
      <TypedDialog
        opened={opened}
        onClose={close}
        title={t.contactPrivacy.eraseTitle}
        text={t.contactPrivacy.eraseText}
        label={t.contactPrivacy.eraseConfirm(contact.name)}
        expected={contact.name}
        button={t.contactPrivacy.erase}
        pending={erase.isPending}
        onConfirm={() => erase.mutate()}
        error={upcoming ? t.contactPrivacy.upcoming : null}
      />
    </Group>
  );
}
