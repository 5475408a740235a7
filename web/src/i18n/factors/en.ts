/** Second factors: showing one, and setting them up, in English. */

const plural = new Intl.PluralRules("en");
const n = (count: number, one: string, other: string) =>
  `${count} ${plural.select(count) === "one" ? one : other}`;

export const factors = {
  withPasskey: "Sign in with a passkey",
  or: "or",
  stepTitle: "One more step",
  stepText: (email: string) => `The password of ${email} is right.`,
  over: "That took too long. Sign in again.",
  otherAccount: "Use another account",
  trust: "Do not ask again on this browser for 30 days",
  otherWays: "Other ways",
  code: "Code of your authenticator app",
  codeText: "Six digits, new every 30 seconds",
  recoveryCode: "Recovery code",
  recoveryCodeText: "One of those that you kept. Each counts once.",
  passkeyText: "Your device asks for your fingerprint, your face or its PIN.",
  noPasskeys: "This browser cannot use passkeys. Open Atrium in the one where you made yours.",
  continue: "Continue",
  ways: {
    passkey: "Use a passkey",
    totp: "Use the authenticator app",
    recovery_code: "Use a recovery code",
    password: "Use the password",
  },
  confirmTitle: "Confirm that it is you",
  confirmText: "What you are about to do needs it. It holds for ten minutes.",
  notConfirmed: "Not confirmed, so nothing is changed",

  title: "Second factors",
  text: "What your account asks for beside the password.",
  noneTitle: "Only your password guards your account",
  noneText:
    "Whoever learns it gets in. With a passkey or an app on your phone it takes something that only you have.",
  app: "Authenticator app",
  appText: "An app on your phone shows a code for each sign-in.",
  since: "Set up",
  lastUsed: "last used",
  unused: "not used yet",
  setUp: "Set up",
  setUpApp: "Set up an authenticator app",
  scan: "Scan this with the app: Google Authenticator, 2FAS, a password manager or another one.",
  scanPicture: "QR code for the authenticator app",
  openApp: "Open in the app on this device",
  secret: "Or type this key into the app",
  copySecret: "Copy the key",
  firstCode: "The code that the app shows now",
  appAdded: "The authenticator app is set up. Your other devices are signed out.",
  removeApp: "Remove the authenticator app",
  removeAppText: "The codes of the app count no more. To use it again you scan a new QR code.",
  appRemoved: "The authenticator app is removed. Your other devices are signed out.",
  lastOne: "It is your last second factor: after this the password alone opens your account.",
  remove: "Remove",

  passkeys: "Passkeys",
  passkeysText: "Sign in by fingerprint, face or device PIN, without a password.",
  addPasskey: "Add a passkey",
  addPasskeyText: "Your device makes it and keeps it. Your other devices are signed out.",
  name: "Name",
  nameText: "By which you know it again",
  create: "Create passkey",
  made: "Made",
  backedUp: "Backed up",
  backedUpText: "Its provider keeps a copy, so that it outlives the device.",
  oneDevice: "Only on this one device",
  oneDeviceText: "It is gone with the device. Have a second passkey or an app beside it.",
  passkeyAdded: (name: string) => `The passkey ${name} is added. Your other devices are signed out.`,
  rename: "Rename",
  renamePasskey: "Rename the passkey",
  renamed: (name: string) => `The passkey is named ${name}`,
  removePasskey: "Remove the passkey",
  removePasskeyText: "It signs in no more. Where your device still offers it, delete it there too.",
  passkeyRemoved: (name: string) => `The passkey ${name} is removed. Your other devices are signed out.`,

  codes: "Recovery codes",
  codesText: "For the day when the phone or the device is gone.",
  left: (count: number) => `${n(count, "code", "codes")} left`,
  fewLeft: "Make new ones before you need the last.",
  renew: "Make new ones",
  renewTitle: "Make new recovery codes",
  renewText: "You get ten new ones. Those that you kept until now count no more.",
  keepTitle: "Keep your recovery codes",
  keepText:
    "They are shown this once. Each gets you in once, if your phone or device is gone. Keep them where you would find them then: on paper, or in a password manager.",
  copy: "Copy",
  download: "Save as a file",
  fileTitle: (email: string, date: string) =>
    `Recovery codes of Atrium for ${email}, made ${date}. Each counts once.`,
  kept: "I have kept them",

  asksTitle: "A second factor is needed",
  asksText: (workspace: string) => `${workspace} asks for more than a password.`,
  asksFrom: (date: string) => `From ${date} this workspace asks for a second factor.`,
  setUpOne: "Set up a second factor",
  addressTitle: "Not from here",
  addressText: (workspace: string) =>
    `${workspace} cannot be used from your address. Try another network, or ask an owner.`,
};

/** Refusals that belong to it. */
export const factorCodes = {
  step_up_required: "It was not confirmed that it is you, so nothing is changed.",
  invalid_code: "This code is not right, or it was used already.",
  invalid_passkey: "This passkey was not accepted. Try again, or use another way.",
  unknown_passkey: "This passkey is not registered here, or not any more. Use another way.",
  challenge_over: "This took too long, or was done already. Begin again.",
  session_changed: "You confirmed it in another window meanwhile. Try again.",
  second_factor_required:
    "It takes a second factor. Set one up in your security settings, or sign in with it.",
  password_not_enough: "A second factor is set up for this account, so it takes that one.",
  admin_second_factor_required:
    "Administrators of this Atrium sign in with a second factor. Set one up in your security settings, then sign in with it.",
  address_not_allowed: "This workspace cannot be used from your address.",
  totp_exists: "An authenticator app is set up already. Remove it before you set up another.",
  no_second_factor: "Set up an authenticator app or a passkey first.",
  passkeys_unavailable: "Passkeys need an address with a name, which this Atrium does not have.",
  too_many_passkeys: "You have as many passkeys as one may have. Remove one that is not used.",
  passkey_known: "This passkey is registered already.",
  passkey_cancelled: "No passkey was given. Try again when you are ready.",
  passkey_unsupported: "This device or browser cannot do that. Try another one.",
};

export type Factors = typeof factors;
export type FactorCodes = typeof factorCodes;
