/** The security policy of a workspace, in English. */
const plural = new Intl.PluralRules("en");
const n = (count: number, one: string, other: string) =>
  `${count} ${plural.select(count) === "one" ? one : other}`;

export const policy = {
  sessions: "Sessions",
  sessionsText: "On how many devices a member may be signed in, and for how long.",
  most: "Sessions of one member at once",
  mostText: "Empty for any number",
  beyond: "One more sign-in",
  beyonds: {
    end_oldest: "Ends the session used least recently",
    deny: "Is refused",
  },
  timeout: "Signed out after",
  timeoutText: "Empty for what the instance sets",
  timeoutRange: "Between 5 minutes and 30 days",
  unit: "Unit",
  units: { minutes: "Minutes", hours: "Hours", days: "Days" },
  extend: "Use begins that time anew",
  extendText: "Without it a session ends after that time, however much it is used.",

  waysIn: "Ways in",
  waysInText: "Which sign-ins count here.",
  mailLinks: "Members may come by a link in a mail",
  mailLinksText: "Off, whoever signed in by such a link alone is asked to sign in another way.",
  companyOnly: "Members come by the company's provider alone",
  companyOnlyText:
    "Those who may change this policy may always come as they do, so that there is a way back in.",
  companySecond: "The company's provider counts as a second factor",
  companySecondText: "For a provider that asks for one itself.",

  factor: "Second factor",
  factorText: "Asks members for more than a password before they work here.",
  required: "Members need a second factor",
  requiredText: "You must have signed in with one yourself to require it.",
  from: "From",
  fromText: "Empty for at once",
  graceLogins: "Sign-ins without one",
  graceDays: "Days without one",
  graceText: "Whichever is used up first ends it.",
  recovery: "Recovery codes count as a second factor",
  remember: "Browsers may be remembered",
  rememberText: "For 30 days a remembered browser is not asked again.",
  exempt: "Roles that need none",
  exemptText: "Whoever has one of them is never asked.",

  addresses: "Addresses",
  addressesText: "From where members and their access tokens may work here.",
  allowed: "Allowed",
  allowedText: "One address or range per line, such as 203.0.113.7 or 2001:db8::/32. Empty for anywhere.",
  blocked: "Blocked",
  blockedText: "One per line. Nobody works here from these, even where they are allowed.",
  own: (address: string) => `You are at ${address}.`,
  addOwn: "Allow it",
  noAddress: (text: string) => `No address or range: ${text}`,

  between: (least: number, most: number) => `Between ${least} and ${most}`,
  saved: "The security policy is saved",
  reset: "Discard changes",
  simulate: "Try it on the last 90 days",

  simulation: "What it would have done",
  played: (signIns: number, members: number) =>
    `${n(signIns, "sign-in", "sign-ins")} of ${n(members, "member", "members")} in the last 90 days, played again under this policy as if it were in force.`,
  nobody: "Nobody would have been stopped",
  nothing: "Nobody signed in during the last 90 days",
  stopped: (count: number) => `${n(count, "member", "members")} would have been stopped`,
  member: "Member",
  signIns: "Sign-ins",
  byAddress: "By address",
  byWayIn: "By way in",
  byFactor: "By second factor",
  byCap: "Over the cap",
  sooner: "Signed out sooner",
  limitsTitle: "What the history cannot tell",
  limits: {
    use_between:
      "When sessions were used in between is not kept: one that would have timed out meanwhile counts as open.",
    moved_sessions: "From where a session was used after its sign-in is not kept.",
    tokens: "Access tokens of programs are not played.",
    forgotten_sessions:
      "Sessions that ended a month ago or longer are forgotten: their sign-ins are played without cap and time-out.",
  },
  hasFactor: "Second factor set up",
  yes: "Yes",
  no: "No",
  last: "Last stopped",
  more: (count: number) => `And ${n(count, "more member", "more members")}.`,
};

/** Refusals that belong to it. */
export const policyCodes = {
  locks_you_out:
    "This would lock you out yourself. Your own address must be allowed, and you must have signed in with a second factor before you require one.",
  too_many_sessions:
    "You are signed in on as many devices as this workspace allows. Sign out on one of them first.",
};

export type Policy = typeof policy;
export type PolicyCodes = typeof policyCodes;
