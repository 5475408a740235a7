/** A file that was asked for and is made in the background: its state, then where to get it. */
import { Badge, Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "./bits";
import { formatBytes } from "./bytes";
import { saveFile } from "./saveFile";
import { refusal } from "./toast";

export interface Exported {
  status: string;
  created_at: string;
  expires_at: string;
  size?: number | null;
}

export function ExportedFile({
  one,
  name,
  content,
  records,
}: {
  one: Exported;
  name: string;
  /** Asks for the file itself, as a blob. */
  content: () => Promise<unknown>;
  records?: string;
}) {
  const t = useT();
  const f = useFormats();
  const download = useMutation({
    mutationFn: content,
    onSuccess: (blob) => saveFile(blob as Blob, name),
    onError: (error) => refusal(error, t),
  });
  const size = one.size === null || one.size === undefined ? undefined : formatBytes(one.size, f.locale);
  return (
    <Group gap="sm">
      <When at={one.created_at} />
      {one.status === "ready" ? (
        <>
          <Button
            variant="default"
            size="compact-md"
            loading={download.isPending}
            onClick={() => download.mutate()}
          >
            {t.privacy.download}
          </Button>
          <Text size="sm" c="dimmed">
            {[records, size, t.privacy.goneAt(f.date(one.expires_at))].filter(Boolean).join(", ")}
          </Text>
        </>
      ) : (
        <Badge variant="dot" color={one.status === "failed" ? "red" : "indigo"}>
          {t.privacy.statuses[one.status as keyof typeof t.privacy.statuses]}
        </Badge>
      )}
    </Group>
  );
}
