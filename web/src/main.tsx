import "@mantine/core/styles.layer.css";
import "@mantine/dates/styles.layer.css";
import "@mantine/notifications/styles.layer.css";
import "@fontsource/inter/400.css";
import "@fontsource/inter/500.css";
import "@fontsource/inter/600.css";
import "./app/global.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { makeQueryClient } from "./app/queries";
import { makeRouter } from "./app/router";
import { StepUp } from "./app/StepUp";
import { cssVariablesResolver, theme } from "./app/theme";
import { LanguageProvider } from "./i18n";
import { pageNonce } from "./shared/nonce";

const queryClient = makeQueryClient();
const router = makeRouter(queryClient);
const nonce = pageNonce();

// Scroll locking of dialogs makes a style element of its own and looks for its nonce under this name.
Object.assign(globalThis, { __webpack_nonce__: nonce });

// After an upgrade the running page may ask for files of the former build: load the new one.
// Once a minute at most, so that a file that is really missing ends at the error page.
window.addEventListener("vite:preloadError", (event) => {
  const last = Number(sessionStorage.getItem("atrium.reloaded"));
  if (Date.now() - last < 60_000) return;
  event.preventDefault();
  sessionStorage.setItem("atrium.reloaded", String(Date.now()));
  location.reload();
});

const place = document.getElementById("root");
if (!place) throw new Error("index.html has no #root");

createRoot(place).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <LanguageProvider>
        <QueryClientProvider client={queryClient}>
          <Notifications position="bottom-right" limit={4} transitionDuration={120} />
          <StepUp />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </LanguageProvider>
    </MantineProvider>
  </StrictMode>,
);
