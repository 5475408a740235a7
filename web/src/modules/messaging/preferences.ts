import type { NotificationGroup, NotificationPreferences, NotificationPreferencesInput } from "@/api/types";

/** In the order of the screens. */
export const GROUPS = ["bookings", "workspace", "system", "security"] as const satisfies NotificationGroup[];

export type Channel = "in_app" | "email";

/** What a change of the preferences sends: all of them, without the version. */
export function inputOf({ version: _, ...input }: NotificationPreferences): NotificationPreferencesInput {
  return input;
}

/** Minutes before a booking. */
export const REMINDERS = [10, 15, 30, 60, 120, 1440];

/** Whether a group has that channel, and how it stands. */
export function channelOf(
  { channels }: Pick<NotificationPreferences, "channels">,
  group: NotificationGroup,
  channel: Channel,
): boolean | undefined {
  return (channels[group] as Partial<Record<Channel, boolean>>)[channel];
}

export function withChannel(
  input: NotificationPreferencesInput,
  group: NotificationGroup,
  channel: Channel,
  on: boolean,
): NotificationPreferencesInput {
  return {
    ...input,
    channels: { ...input.channels, [group]: { ...input.channels[group], [channel]: on } },
  };
}
