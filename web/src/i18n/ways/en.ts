/** Ways in beside password and passkey: other companies' accounts and links in mails, in English. */
export const ways = {
  with: (provider: string) => `Continue with ${provider}`,
  fromTitle: "Signing in",
  fromText: "A moment, please.",
  failedTitle: "That did not work",
  newTitle: "Nice to meet you",
  newText: (who: string, provider: string) => `Nobody here is known as ${who} of ${provider} yet.`,
  haveAccount: (provider: string) => `I have an account: sign in and link ${provider}`,
  join: "Accept the invitation",
  consent:
    "With your account you agree that this Atrium keeps your name, your address and when and from where you sign in, as long as the account stands.",
  waiting: (provider: string) => `Sign in, and ${provider} is linked to your account.`,
  dontLink: "Do not link",
  linked: (provider: string) => `${provider} is linked. Your other devices are signed out.`,
  linkedAny: "The account is linked. Your other devices are signed out.",
  unlinked: (provider: string) => `${provider} is unlinked. Your other devices are signed out.`,
  confirmed: "Confirmed. Now do it again.",
  title: "Accounts of other companies",
  text: "Sign in with an account that you have elsewhere.",
  none: "None is linked.",
  gone: "Not offered here any more",
  link: "Link",
  unlink: "Unlink",
  linkOf: (provider: string) => `Link ${provider}`,
  unlinkOf: (provider: string) => `Unlink ${provider}`,
  noPassword: "You have no password. A link in a mail lets you set one.",
  setPassword: "Send me the link",
  confirmHint: "You have no password. Confirm it at the company with which you sign in, or set a password.",
  invitedAs: (provider: string) =>
    `${provider} has confirmed your address, so that you need no password here.`,
  mail: "Send me a link to sign in",
  mailTitle: "Sign in by mail",
  mailText: "We send a link to your address. It works once, for ten minutes.",
  send: "Send link",
  sentTitle: "Look into your mail",
  sentText: (email: string) => `If ${email} has an account, a link is on its way. Open it in this browser.`,
  sentCode: "In another browser it asks for this code:",
  openTitle: "Sign in to Atrium",
  openText: "One click, and you are in.",
  otherTitle: "Asked for in another browser",
  otherText: "Open the link in that browser, or type the code that is shown there.",
  code: "Code",
};

export const waysCodes = {
  provider_refused: "The other company did not confirm who you are. Try again, or sign in another way.",
  provider_unreachable:
    "The other company cannot be reached at the moment. Try again later, or sign in another way.",
  address_unverified:
    "The other company does not vouch for your address. Sign up with the address and a password.",
  identity_taken: "That account is linked to another account here.",
  other_identity: "That is not an account that is linked to yours.",
  last_way_in: "You could not sign in any more. Set a password first.",
  other_browser:
    "This link was asked for in another browser. Open it there, or type the code that is shown there.",
};
