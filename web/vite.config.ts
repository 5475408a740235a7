import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const backend = process.env.ATRIUM_URL ?? "http://localhost:8080";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // The server renders index.html for each request and puts a fresh nonce in place of this mark.
  html: { cspNonce: "__CSP_NONCE__" },
  build: {
    target: "es2023",
    // font-src and script-src are 'self': nothing may become a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "^/(api|b)/": {
        target: backend,
        changeOrigin: true,
        // The server compares Origin with its own address.
        headers: { origin: new URL(backend).origin },
      },
    },
  },
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"] },
});
