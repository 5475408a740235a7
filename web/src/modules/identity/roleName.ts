import type { Catalogue } from "@/i18n/en";

/** A built-in role in the reader's language; a role of the workspace's own by its name. */
export function roleName(name: string, t: Catalogue): string {
  return t.roles.names[name.toLowerCase() as keyof Catalogue["roles"]["names"]] ?? name;
}
