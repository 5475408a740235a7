/** The colour of a security event's severity. */
export const SEVERITY_COLORS: Record<string, string> = {
  low: "gray",
  medium: "indigo",
  high: "orange",
  critical: "red",
};
