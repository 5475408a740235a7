/** How the workspace looks to people outside: logo and colour. */
import { Button, ColorInput, FileButton, Group, Image, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Tenant, TenantChanges } from "@/api/types";
import { useT } from "@/i18n";
import { useChange } from "@/shared/change";
import { Section } from "@/shared/Page";
import { PICTURE_TYPES, pictureForm } from "./AccountPicture";
import { tenantQuery } from "./queries";

const COLOR = /^#[0-9a-fA-F]{6}$/;

export function WorkspaceLooks({
  tenant,
  readOnly,
  save,
}: {
  tenant: Tenant;
  readOnly: boolean;
  save: (changes: TenantChanges) => void;
}) {
  const t = useT();
  const client = useQueryClient();
  const [color, setColor] = useState(tenant.branding.color ?? "");
  useEffect(() => setColor(tenant.branding.color ?? ""), [tenant.branding.color]);
  const logo = useChange<File | null, Tenant>({
    run: (file) =>
      file
        ? take(api.PUT("/api/v1/tenant/logo", pictureForm(file)))
        : take(api.DELETE("/api/v1/tenant/logo")),
    stale: [keys.tenant],
    queue: "tenant",
    done: (saved) => client.setQueryData(tenantQuery.queryKey, saved),
  });
  const keep = (next: string) => {
    const wanted = next.trim() === "" ? null : next.trim();
    if (wanted !== null && !COLOR.test(wanted)) return setColor(tenant.branding.color ?? "");
    if (wanted !== (tenant.branding.color ?? null)) save({ branding: { color: wanted } });
  };
  return (
    <Section title={t.lives.looks} description={t.lives.looksText}>
      <Stack maw={440}>
        <Stack gap={6}>
          <Text fw={500}>{t.lives.logo}</Text>
          {tenant.logo_url ? (
            <Image src={tenant.logo_url} alt={tenant.name} h={56} w="auto" fit="contain" />
          ) : null}
          {readOnly ? null : (
            <Group gap="xs">
              <FileButton accept={PICTURE_TYPES} onChange={(file) => file && logo.mutate(file)}>
                {(props) => (
                  <Button {...props} variant="default" size="compact-md" loading={logo.isPending}>
                    {t.lives.chooseLogo}
                  </Button>
                )}
              </FileButton>
              {tenant.logo_url ? (
                <Button
                  variant="default"
                  size="compact-md"
                  disabled={logo.isPending}
                  onClick={() => logo.mutate(null)}
                >
                  {t.account.removePicture}
                </Button>
              ) : null}
              <Text size="sm" c="dimmed">
                {t.lives.logoText}
              </Text>
            </Group>
          )}
        </Stack>
        <ColorInput
          label={t.lives.color}
          description={t.lives.colorText}
          placeholder={t.lives.ownColor}
          format="hex"
          readOnly={readOnly}
          value={color}
          onChange={setColor}
          onChangeEnd={keep}
          onBlur={() => keep(color)}
          popoverProps={{ withinPortal: true }}
          eyeDropperButtonProps={{ "aria-label": t.lives.color }}
        />
      </Stack>
    </Section>
  );
}
