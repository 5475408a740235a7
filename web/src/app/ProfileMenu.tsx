import {
  ActionIcon,
  Avatar,
  type MantineColorScheme,
  Menu,
  Text,
  useMantineColorScheme,
} from "@mantine/core";
import {
  IconDeviceDesktop,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconShieldLock,
  IconSun,
  IconUser,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Session } from "@/api/types";
import { useT } from "@/i18n";
import { showShortcuts } from "./Shortcuts";
import { useSignOut } from "./useSignOut";

/** One's own things: profile, security, appearance, sign-out. */
export function ProfileMenu({ session }: { session: Session }) {
  const t = useT();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const leave = useSignOut();
  const schemes = [
    { value: "light", label: t.profile.light, icon: IconSun },
    { value: "dark", label: t.profile.dark, icon: IconMoon },
    { value: "auto", label: t.profile.system, icon: IconDeviceDesktop },
  ] as const;
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon size={36} radius="xl">
          <Avatar size={30} src={session.user.avatar_url} name={session.user.name} alt="" color="indigo" />
          <span className="visually-hidden">{t.profile.menu}</span>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text component="span" truncate display="block" c="var(--mantine-color-text)" fw={600}>
            {session.user.name}
          </Text>
          <Text component="span" truncate display="block" size="sm">
            {session.user.email}
          </Text>
        </Menu.Label>
        {session.lease ? null : (
          <>
            <Menu.Item
              component={Link}
              to="/settings/profile"
              leftSection={<IconUser size={16} aria-hidden />}
            >
              {t.settings.profile}
            </Menu.Item>
            <Menu.Item
              component={Link}
              to="/settings/security"
              leftSection={<IconShieldLock size={16} aria-hidden />}
            >
              {t.settings.security}
            </Menu.Item>
          </>
        )}
        <Menu.Item
          leftSection={<IconKeyboard size={16} aria-hidden />}
          onClick={showShortcuts}
          rightSection="?"
        >
          {t.shortcuts.title}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t.profile.appearance}</Menu.Label>
        <Menu.RadioGroup
          value={colorScheme}
          onChange={(value) => setColorScheme(value as MantineColorScheme)}
        >
          {schemes.map(({ value, label, icon: Icon }) => (
            <Menu.RadioItem key={value} value={value} rightSection={<Icon size={16} aria-hidden />}>
              {label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => leave.mutate()}>
          {t.profile.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
