/** What members are told of in the app, in English. */
const plural = new Intl.PluralRules("en");
const n = (count: number, one: string, other: string) =>
  `${count} ${plural.select(count) === "one" ? one : other}`;

export const messaging = {
  notifications: {
    title: "Notifications",
    unread: (count: number) => n(count, "unread notification", "unread notifications"),
    more: "99+",
    fresh: "Unread",
    earlier: "Earlier",
    all: "All",
    everything: "See all",
    preferences: "What you are told",
    emptyTitle: "You are up to date",
    emptyText: "What others do with your bookings, and what concerns your account, shows up here.",
    noneTitle: "Nothing here",
    noneText: "No notification is like that. Those that were read go after 90 days.",
    markRead: "Mark as read",
    markUnread: "Mark as unread",
    markAll: "Mark all as read",
    allRead: "All are marked as read",
    isUnread: "Unread",
    group: "About",
    groups: { bookings: "Bookings", workspace: "Workspace", system: "System", security: "Security" },
    by: (name: string) => `by ${name}`,
    suspicions: {
      new_country: "a sign-in from another country",
      new_place: "a sign-in from a new place",
      many_failures: "many failed sign-ins",
      many_exports: "many exports of data",
    },
    other: (kind: string) => `Something happened: ${kind}`,
    /** `who` did it or is concerned; `what` it is about. */
    kinds: {
      "booking.created": (who: string, what: string) => `${who} booked ${what}`,
      "booking.requested": (who: string, what: string) => `${who} asks for ${what}`,
      "booking.confirmed": (who: string, what: string) => `${what} with ${who} was confirmed`,
      "booking.declined": (who: string, what: string) => `${what} with ${who} was declined`,
      "booking.cancelled": (who: string, what: string) => `${what} with ${who} was cancelled`,
      "booking.restored": (who: string, what: string) => `${what} with ${who} stands again`,
      "booking.rescheduled": (who: string, what: string) => `${what} with ${who} was moved`,
      "booking.reassigned": (who: string, what: string) => `${what} with ${who} changed hands`,
      "invitation.accepted": (who: string) => `${who} accepted your invitation`,
      "invitation.declined": (who: string) => `${who} declined your invitation`,
      "member.roles_changed": (who: string, what: string) => `${who} changed what you may do: ${what}`,
      "member.reinstated": (who: string) => `${who} made your membership active again`,
      "member.suspicious": (who: string, what: string) => `Look after the account of ${who}: ${what}`,
      "oauth_client.created": (who: string, what: string) => `${who} registered the app ${what}`,
      "ownership.offered": (who: string) => `${who} offers you the workspace`,
      "ownership.transferred": (who: string) => `${who} owns the workspace now`,
      "tenant.deletion_requested": (who: string, what: string) =>
        `${who} asked for the workspace to be deleted on ${what}`,
      "tenant.deletion_cancelled": (who: string) => `${who} called off the deletion of the workspace`,
      "job.failed": (_who: string, what: string) => `A background job gave up: ${what}`,
      "message.received": (_who: string, what: string) => what,
      "message_template.failed": (_who: string, what: string) =>
        `The text “${what}” could not be used: the usual words were sent`,
      "webhook_endpoint.disabled": (_who: string, what: string) => `The webhook to ${what} was switched off`,
      "mail.failed": () => "Mails of the workspace could not be sent",
      "account.access_token_created": (_who: string, what: string) => `An access token was made: ${what}`,
      "account.data_export_ready": () => "The export of your data is ready",
      "account.email_change_requested": () => "A new e-mail address was asked for",
      "account.email_changed": () => "Your e-mail address was changed",
      "account.oauth_consent_given": (_who: string, what: string) =>
        `You allowed an app to act for you: ${what}`,
      "account.oauth_family_ended": () => "An app was signed out: its token was used a second time",
      "account.passkey_added": (_who: string, what: string) => `A passkey was added: ${what}`,
      "account.passkey_counter_went_back": () => "A passkey was refused: it may have been copied",
      "account.passkey_removed": (_who: string, what: string) => `A passkey was removed: ${what}`,
      "account.password_changed": () => "Your password was changed",
      "account.password_reset": () => "Your password was set anew by a link in a mail",
      "account.recovery_codes_replaced": () => "Your recovery codes were made anew",
      "account.suspicious_activity": (_who: string, what: string) => `Was this you? There was ${what}`,
      "account.totp_added": () => "An authenticator app was set up",
      "account.totp_removed": () => "The authenticator app was removed",
    },
    somebody: "Somebody",
  },
  notificationSettings: {
    text: "For this workspace. Changes are saved at once.",
    inApp: "In the app",
    email: "By mail",
    about: {
      bookings: "New, changed and cancelled bookings, with a calendar file by mail",
      workspace: "Your rights, invitations, ownership and apps",
      system: "What did not work, and what is ready for you",
      security:
        "Sign-ins, passwords, factors and tokens. It cannot be switched off: it is how you learn of a break-in.",
    },
    reminder: "Reminder by mail",
    reminderText:
      "How long before a booking it comes: for those made or moved from now on, where you get mails about bookings.",
    before: (minutes: number) =>
      minutes % 1440 === 0
        ? n(minutes / 1440, "day before", "days before")
        : minutes % 60 === 0
          ? n(minutes / 60, "hour before", "hours before")
          : n(minutes, "minute before", "minutes before"),
    quiet: "Do not disturb",
    quietText:
      "In these hours, in your own time zone, notifications wait without a message on screen, and so do mails about bookings that begin more than a day later.",
    enabled: "Keep quiet",
    from: "From",
    until: "Until",
    saved: "Saved",
    same: "The end must differ from the beginning",
  },
};
