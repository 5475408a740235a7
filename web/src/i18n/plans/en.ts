/** Plans, what workspaces pay for, and domains of their own, in English. */
const plural = new Intl.PluralRules("en");
const n = (count: number, one: string, other: string) =>
  `${count} ${plural.select(count) === "one" ? one : other}`;

export const plans = {
  title: "Plans",
  text: "What workspaces may have. Without plans nothing is limited.",
  create: "New plan",
  change: (name: string) => `Change ${name}`,
  delete: (name: string) => `Delete ${name}`,
  deleted: (name: string) => `${name} is deleted`,
  deleteIt: "Delete",
  noneTitle: "No plans yet",
  noneText:
    "Every workspace has all there is, for as long as it likes. A plan bounds that, and says what it costs.",
  name: "Name",
  description: "What it is for",
  price: "Price",
  currency: "Currency",
  interval: "For each",
  intervals: { month: "month", year: "year" },
  per: { month: "a month", year: "a year" },
  free: "Free of charge",
  members: "Members",
  domains: "Domains of one's own",
  anyNumber: "Empty for any number",
  days: "Days of trial",
  daysText: "For new workspaces. 0 for none.",
  forNew: "New workspaces begin with it",
  isDefault: "For new workspaces",
  memberCount: (count: number) => n(count, "member", "members"),
  anyMembers: "any number of members",
  domainCount: (count: number) => n(count, "domain", "domains"),
  anyDomains: "any number of domains",
  trialDays: (count: number) => n(count, "day of trial", "days of trial"),
  inUse: (count: number) => n(count, "workspace", "workspaces"),
  subscription: "Subscription",
  subscriptionText:
    "When a trial or a paid period ends, all goes on for 14 days. Then the workspace can be read and not changed. Its owners are told before and after.",
  plan: "Plan",
  noPlan: "None: no limits",
  status: "State",
  paidUntil: "Paid until",
  noEnd: "Without an end",
  cancels: "Ends with the period, and is not renewed",
  provider: "Payment provider's id",
  providerText: "Payments fill it in.",
  statuses: {
    trial: "On trial",
    active: "Active",
    past_due: "Past due",
    unpaid: "Unpaid",
    canceled: "Cancelled",
  },
  yours: "Plan",
  yoursText: "What this workspace may use. Whoever hosts this Atrium gives it another plan.",
  none: "No limits",
  trialEnds: (date: string, count: number) => `The trial ends on ${date}, in ${n(count, "day", "days")}.`,
  renews: (date: string) => `Paid until ${date}.`,
  ends: (date: string) => `The subscription ends on ${date}, and is not renewed.`,
  readOnlyFrom: (date: string) =>
    `Unless it is paid for, this workspace can be read and not changed from ${date} on, and its public pages close. Nothing is lost.`,
  readOnly:
    "This workspace can be read and not changed, and its public pages are closed. Nothing is lost. Whoever hosts this Atrium opens it again.",
  banner: "This workspace can be read and not changed.",
  used: (used: string, limit: string) => `${used} of ${limit}`,
  usedAny: (used: string) => `${used}, of any number`,
};

export const domains = {
  title: "Domains",
  text: "Your public pages at a name of your own, such as book.example.com. Links in mails to those who book lead there.",
  add: "Add a domain",
  name: "Domain",
  nameText: "A name that belongs to you, without https://",
  noneTitle: "No domain of your own",
  noneText:
    "Your pages stand at this Atrium's address. At your own name they look like yours, and the app stays where it is.",
  statuses: { pending: "Waits for its record", verified: "Proven", failed: "Not proven" },
  steps: "Set these two records where your domain is managed, then have them checked.",
  proof: "Proves that it is yours",
  leads: "Leads visitors here",
  type: "Type",
  recordName: "Name",
  recordValue: "Value",
  copy: (what: string) => `Copy ${what}`,
  apex: "Where a CNAME is not possible, an ALIAS or ANAME record does the same.",
  keep: "Keep the TXT record: it is looked at daily.",
  records: "Records",
  check: "Check now",
  checkName: (domain: string) => `Check ${domain} now`,
  checked: "Last checked",
  proven: (domain: string) => `${domain} is proven`,
  notYet: "The record is not there yet. New records take some minutes, at times hours.",
  remove: (domain: string) => `Remove ${domain}`,
  removeIt: "Remove",
  removed: (domain: string) => `${domain} is removed`,
  removeText:
    "Your pages no longer stand there, and links to it lead nowhere. Adding it again takes a new record.",
  problems: {
    no_record: "The TXT record was not found.",
    other_record: "There is a TXT record, and it says something else.",
    no_answer: "The domain's name servers did not answer.",
    taken: "Another workspace has this domain, and its record stands. Take that record away first.",
  },
  servesUntil: (date: string) =>
    `Its record is missing. If it is not back by ${date}, your pages no longer stand there.`,
};

export const planCodes = {
  read_only: "This workspace can be read and not changed. Its owners can say how it goes on.",
  plan_limit:
    "The plan of this workspace has no place for another one. Its owners can ask for a larger plan.",
  plan_in_use: "Workspaces have this plan. Give them another one first.",
  domain_exists: "This workspace has that domain already.",
};

export const planFields = {
  is_address: "This is an address and not a name",
  reserved: "This name cannot be reached from elsewhere",
  own_host: "This name belongs to this Atrium",
};
