/** What colleagues may know; each field saved when left. */
import {
  ActionIcon,
  Button,
  Group,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  Textarea,
  TextInput,
} from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { User } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { Section } from "@/shared/Page";
import { COUNTRIES } from "./countries";

type Details = User["profile"];
type Address = NonNullable<Details["address"]>;
const NOWHERE: Address = { street: "", postal_code: "", city: "", region: "", country: "" };

export function AboutYou({ user, save }: { user: User; save: (profile: Details) => void }) {
  const t = useT();
  const f = useFormats();
  const [shown, setShown] = useState(user.profile);
  const [links, setLinks] = useState(user.profile.links);
  const address = shown.address ?? NOWHERE;
  const whole = links.filter((link) => link.label.trim() && link.url.trim());
  const store = (next: Details) => {
    setShown(next);
    if (JSON.stringify(next) !== JSON.stringify(user.profile)) save(next);
  };
  const leave = () => store({ ...shown, links: whole });
  const field = (name: "title" | "department" | "phone", most: number) => ({
    value: shown[name] ?? "",
    maxLength: most,
    onChange: (e: { currentTarget: HTMLInputElement }) =>
      setShown({ ...shown, [name]: e.currentTarget.value }),
    onBlur: leave,
  });
  const place = (name: keyof Address, most: number) => ({
    value: address[name],
    maxLength: most,
    onChange: (e: { currentTarget: HTMLInputElement }) =>
      setShown({ ...shown, address: { ...address, [name]: e.currentTarget.value } }),
    onBlur: leave,
  });
  const countries = useMemo(() => {
    const names = new Intl.DisplayNames(f.locale, { type: "region" });
    return COUNTRIES.map((value) => ({ value, label: names.of(value) ?? value })).sort((a, b) =>
      a.label.localeCompare(b.label, f.locale),
    );
  }, [f.locale]);

  return (
    <Section title={t.account.about} description={t.account.aboutText}>
      <Stack maw={560}>
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <TextInput label={t.account.jobTitle} autoComplete="organization-title" {...field("title", 120)} />
          <TextInput label={t.account.department} {...field("department", 120)} />
        </SimpleGrid>
        <TextInput label={t.account.phone} type="tel" autoComplete="tel" maw={270} {...field("phone", 40)} />
        <Textarea
          label={t.account.bio}
          autosize
          minRows={3}
          maxLength={2000}
          value={shown.bio}
          onChange={(e) => setShown({ ...shown, bio: e.currentTarget.value })}
          onBlur={leave}
        />
        <TagsInput
          label={t.account.skills}
          description={t.account.skillsText}
          maxTags={30}
          value={shown.skills}
          onChange={(skills) => store({ ...shown, links: whole, skills })}
        />
        <Stack gap="xs" role="group" aria-label={t.account.links}>
          {links.map((link, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the links have no identity
            <Group key={at} align="flex-end" wrap="nowrap" gap="xs">
              <TextInput
                label={t.account.linkLabel}
                w="34%"
                maxLength={60}
                value={link.label}
                onChange={(e) => setLinks(links.with(at, { ...link, label: e.currentTarget.value }))}
                onBlur={leave}
              />
              <TextInput
                label={t.account.linkUrl}
                flex={1}
                type="url"
                maxLength={500}
                placeholder="https://"
                value={link.url}
                onChange={(e) => setLinks(links.with(at, { ...link, url: e.currentTarget.value }))}
                onBlur={leave}
              />
              <ActionIcon
                variant="default"
                size={36}
                aria-label={t.account.removeLink(link.label)}
                onClick={() => {
                  const next = links.filter((_, other) => other !== at);
                  setLinks(next);
                  store({ ...shown, links: next.filter((one) => one.label.trim() && one.url.trim()) });
                }}
              >
                <IconTrash size={16} aria-hidden />
              </ActionIcon>
            </Group>
          ))}
          {links.length < 10 ? (
            <Button
              variant="default"
              size="compact-md"
              leftSection={<IconPlus size={16} aria-hidden />}
              style={{ alignSelf: "flex-start" }}
              onClick={() => setLinks([...links, { label: "", url: "" }])}
            >
              {t.account.addLink}
            </Button>
          ) : null}
        </Stack>
        <Stack gap="sm" role="group" aria-label={t.account.address}>
          <TextInput label={t.account.street} autoComplete="street-address" {...place("street", 200)} />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput
              label={t.account.postalCode}
              autoComplete="postal-code"
              {...place("postal_code", 20)}
            />
            <TextInput label={t.account.city} autoComplete="address-level2" {...place("city", 120)} />
            <TextInput label={t.account.region} autoComplete="address-level1" {...place("region", 120)} />
            <Select
              label={t.account.country}
              searchable
              clearable
              limit={60}
              data={countries}
              value={address.country || null}
              onChange={(country) =>
                store({ ...shown, links: whole, address: { ...address, country: country ?? "" } })
              }
            />
          </SimpleGrid>
        </Stack>
      </Stack>
    </Section>
  );
}
