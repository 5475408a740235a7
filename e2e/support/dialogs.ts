/** What opens over a screen, and forms as they look when they are refused. */
import { expect, type Page } from "@playwright/test";

export interface Dialog {
  name: string;
  path: string;
  show: (page: Page) => Promise<void>;
}

function asked(name: string, path: string, title: string): Dialog {
  return {
    name,
    path: `${path}?create=true`,
    show: (page) => expect(page.getByRole("dialog", { name: title })).toBeVisible(),
  };
}

/** The same dialog sent off empty, so that its fields say what is wrong. */
function refused(dialog: Dialog, button: string): Dialog {
  return {
    ...dialog,
    name: `${dialog.name}-refused`,
    show: async (page) => {
      await dialog.show(page);
      await page.getByRole("dialog").getByRole("button", { name: button, exact: true }).click();
      await expect(page.getByRole("dialog").locator("[aria-invalid=true]").first()).toBeVisible();
    },
  };
}

const invite = asked("invite", "/members/invitations", "Invite");
const newContact = asked("new-contact", "/contacts", "New contact");
const newAccessToken = asked("new-access-token", "/settings/security", "New access token");
const newEventType = asked("new-event-type", "/event-types", "New event type");

async function openConfirmed(page: Page): Promise<void> {
  await page.locator("[data-row]").filter({ hasText: "Confirmed" }).first().click();
  await expect(page.getByRole("button", { name: "Reschedule", exact: true })).toBeVisible();
}

export const DIALOGS: Dialog[] = [
  invite,
  refused(invite, "Send invitation"),
  newContact,
  refused(newContact, "Create"),
  newEventType,
  refused(newEventType, "Create"),
  newAccessToken,
  refused(newAccessToken, "Create"),
  {
    name: "new-booking",
    path: "/bookings?create=true",
    show: async (page) => {
      await expect(page.getByRole("dialog", { name: "New booking" })).toBeVisible();
      await expect(page.getByRole("dialog").locator("[aria-busy=true]")).toHaveCount(0);
    },
  },
  {
    name: "palette",
    path: "/",
    show: async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("dialog").getByLabel("Search or jump to").fill("set");
      await expect(page.getByRole("dialog").getByRole("button", { name: "Settings: Mail" })).toBeVisible();
    },
  },
  {
    name: "palette-nothing",
    path: "/",
    show: async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("dialog").getByLabel("Search or jump to").fill("no such thing");
      await expect(page.getByRole("dialog").getByText("Nothing found")).toBeVisible();
    },
  },
  {
    name: "shortcuts",
    path: "/",
    show: async (page) => {
      await page.keyboard.press("?");
      await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
    },
  },
  {
    name: "notices",
    path: "/",
    show: async (page) => {
      await page.getByRole("button", { name: /notifications?$/i }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
    },
  },
  {
    name: "profile-menu",
    path: "/",
    show: async (page) => {
      await page.getByRole("button", { name: "Your account" }).click();
      await expect(page.getByRole("menu")).toBeVisible();
    },
  },
  {
    name: "new-dates",
    path: "/availability",
    show: async (page) => {
      await page.getByRole("button", { name: "Add dates" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
    },
  },
  {
    name: "cancel-booking",
    path: "/bookings",
    show: async (page) => {
      await openConfirmed(page);
      await page.getByRole("button", { name: "More ways to cancel" }).click();
      await page.getByRole("menuitem", { name: "Cancel with a reason" }).click();
      await expect(page.getByRole("dialog", { name: /^Cancel the booking of/ })).toBeVisible();
    },
  },
  {
    name: "reschedule",
    path: "/bookings",
    show: async (page) => {
      await openConfirmed(page);
      await page.getByRole("button", { name: "Reschedule", exact: true }).click();
      await expect(page.getByRole("dialog", { name: /^Reschedule/ })).toBeVisible();
      await expect(page.getByRole("dialog").locator("[aria-busy=true]")).toHaveCount(0);
    },
  },
  {
    name: "own-mail-server",
    path: "/settings/mail",
    show: async (page) => {
      await page.getByRole("button", { name: "Use your own server" }).click();
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await expect(page.locator("[aria-invalid=true]").first()).toBeVisible();
    },
  },
  {
    name: "password-refused",
    path: "/settings/security",
    show: async (page) => {
      await page.getByRole("button", { name: "Change password" }).click();
      await expect(page.locator("[aria-invalid=true]").first()).toBeVisible();
    },
  },
];

/** Forms of strangers that were sent off empty. */
export const REFUSED: Dialog[] = (
  [
    ["sign-in", "Sign in"],
    ["sign-up", "Create account"],
    ["forgot-password", "Send link"],
    ["reset-password", "Set password"],
  ] as const
).map(([path, button]) => ({
  name: `${path}-refused`,
  path: `/${path}${path === "reset-password" ? "?token=unknown" : ""}`,
  show: async (page) => {
    await page.getByRole("button", { name: button, exact: true }).click();
    await expect(page.locator("[aria-invalid=true]").first()).toBeVisible();
  },
}));
