/** The list of screens that the other tests go through has every address of the web app. */
import { readFileSync } from "node:fs";
import { expect } from "@playwright/test";
import { appScreens, SIGNED_OUT } from "../support/routes";
import { test } from "../support/test";
import { demoWorkspace } from "../support/workspace";

interface Route {
  parent: string;
  path: string;
  shows: boolean;
}

/** The routes as they are written down, by the name of their constant. */
function declared(source: string): Map<string, Route> {
  const routes = new Map<string, Route>();
  // Each declaration goes up to the parenthesis at the beginning of a line.
  for (const [, name = "", body = ""] of source.matchAll(/^const (\w+) = createRoute\(\{\n(.*?)^\}\);/gms)) {
    const parent = /^ {2}getParentRoute: \(\) => (\w+),/m.exec(body)?.[1];
    const path = /^ {2}path: "([^"]*)",/m.exec(body)?.[1];
    if (!parent || (path === undefined && !/^ {2}id: "/m.test(body))) throw new Error(`unread: ${name}`);
    routes.set(name, { parent, path: path ?? "", shows: /^ {2}component: /m.test(body) });
  }
  return routes;
}

/** The addresses that show a screen of their own: not the frames around others, nor what only leads elsewhere. */
function addresses(routes: Map<string, Route>): string[] {
  const frames = new Set([...routes.values()].map((route) => route.parent));
  const full = (name: string): string => {
    const route = routes.get(name);
    return route ? `${full(route.parent)}${route.path}` : "";
  };
  return [...routes].filter(([name, { shows }]) => shows && !frames.has(name)).map(([name]) => full(name));
}

/** The address that serves the path: the one written like it, else one with a parameter there. */
function served(path: string, known: string[]): string | undefined {
  const fits = (address: string) => new RegExp(`^${address.replace(/\$\w+/g, "[^/]+")}$`).test(path);
  return known.find((address) => address === path) ?? known.find(fits);
}

test("every route of the web app is among the screens, and every screen is a route", async () => {
  const source = readFileSync(new URL("../../web/src/app/router.tsx", import.meta.url), "utf8");
  const routes = declared(source);
  expect(routes.size, "each declaration is read").toBe(source.split("createRoute(").length - 1);

  const known = addresses(routes);
  const screens = [...SIGNED_OUT, ...(await appScreens((await demoWorkspace()).api))]
    .filter((screen) => screen.name !== "not-found")
    .map((screen) => screen.path.replace(/[?#].*/, ""));
  expect(screens.filter((path) => !served(path, known))).toEqual([]);
  expect([...new Set(screens.map((path) => served(path, known)))].sort()).toEqual(known.sort());
});
