import type { Place } from "@/api/types";

/** "Utrecht, Netherlands" in the reader's language; empty where nothing is known. */
export function placeName(place: Place | null | undefined, locale: string): string {
  if (!place) return "";
  let country: string = place.country;
  try {
    country = new Intl.DisplayNames([locale], { type: "region" }).of(place.country) ?? place.country;
  } catch {
    // A code that is none stays as it is.
  }
  return place.city ? `${place.city}, ${country}` : country;
}
