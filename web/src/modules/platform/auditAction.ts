import type { Catalogue } from "@/i18n/en";

/** What was done, in words; the raw name for an action newer than this screen. */
export function auditAction(action: string, t: Catalogue): string {
  const words: Record<string, string> = t.audit.actions;
  return Object.hasOwn(words, action) ? (words[action] ?? action) : action;
}
