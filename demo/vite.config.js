import { defineConfig } from "vite";

export default defineConfig({
  base: "./", // so that the page works below any address
  build: { chunkSizeWarningLimit: 1000, assetsInlineLimit: 0 },
});
