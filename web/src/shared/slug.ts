/** Public link names: what a name becomes, and what the server accepts. */

const SHAPE = /^[a-z0-9](-?[a-z0-9])*$/;

/** A name as a slug: accents dropped, other signs as single hyphens. May be shorter than the server admits. */
export function slugify(name: string, max = 60): string {
  return name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replaceAll("ø", "o")
    .replaceAll("ł", "l")
    .replaceAll("æ", "ae")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, max)
    .replace(/-+$/, "");
}

export type SlugFault = "short" | "long" | "shape";

/** Why the server would refuse this slug, or null. Lengths in characters. */
export function slugFault(slug: string, min = 3, max = 60): SlugFault | null {
  if (slug.length < min) return "short";
  if (slug.length > max) return "long";
  return SHAPE.test(slug) ? null : "shape";
}
