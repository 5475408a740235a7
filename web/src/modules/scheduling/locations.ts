/** Where an event can take place. */
export const LOCATION_TYPES = ["video", "phone", "in_person", "custom", "ask"] as const;
