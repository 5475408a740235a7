/** A workspace in which every name has the most letters that it may have, and long words among them. */
import { answer, slots } from "./api";
import { book, unique, type Workspace, workspace } from "./workspace";

/** 120 characters, the first 55 without a place to break. */
export const LONG =
  "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren Maria Antónia Albuquerque Gonçalves de Vasconcelos e Silva Netto";
/** The same length without any place to break. */
const UNBROKEN = LONG.replaceAll(" ", "x");

export async function longWorkspace(locale = "en"): Promise<Workspace> {
  const space = await workspace({ name: LONG, company: UNBROKEN, eventType: LONG });
  const { api } = space;
  const [first, second] = await slots(api, space.event).then((free) => [free[0], free[6]]);
  if (!first || !second) throw new Error("no free time");
  const address = () => `${unique("a".repeat(40))}@${"long-name-of-a-host.".repeat(4)}test`;
  await book(space, first, { name: LONG, email: address() });
  await book(space, second, { name: UNBROKEN, email: address() });
  await answer(
    api.post("/api/v1/contacts", {
      data: { kind: "person", name: UNBROKEN, email: address(), job_title: LONG, notes: UNBROKEN },
    }),
    201,
  );
  await answer(
    api.post("/api/v1/event-types", {
      data: {
        name: UNBROKEN,
        slug: unique("u".repeat(30)),
        duration_minutes: 480,
        location_type: "in_person",
        location_details: UNBROKEN,
        description: `${LONG}\n${UNBROKEN}`,
        requires_confirmation: true,
      },
    }),
    201,
  );
  await answer(
    api.post("/api/v1/schedules", {
      data: {
        name: LONG.slice(0, 100),
        timezone: "America/Argentina/ComodRivadavia",
        rules: [],
        overrides: [],
      },
    }),
    201,
  );
  const { permissions } = await answer<{ permissions: { codename: string }[] }>(api.get("/api/v1/session"));
  await answer(
    api.post("/api/v1/access-tokens", {
      data: { name: UNBROKEN.slice(0, 100), scopes: permissions.map(({ codename }) => codename) },
    }),
    201,
  );
  const { items } = await answer<{ items: { id: string }[] }>(api.get("/api/v1/roles"));
  const role = items.at(-1);
  await answer(api.post("/api/v1/invitations", { data: { email: address(), role_id: role?.id } }), 201);
  await answer(api.patch("/api/v1/me", { headers: { "If-Match": "*" }, data: { locale } }));
  return space;
}
