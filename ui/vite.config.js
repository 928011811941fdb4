// How the window's page is built, served while developing, and tested.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";
import { fonts } from "./build/fonts.js";

export default defineConfig({
  plugins: [fonts(), svelte(), svelteTesting()],
  // The window allows no data: addresses, so nothing is inlined.
  build: { target: "safari16", assetsInlineLimit: 0, chunkSizeWarningLimit: 1000 },
  server: { port: 5173, strictPort: true },
  test: { environment: "jsdom", include: ["src/**/*.test.ts"] },
});
