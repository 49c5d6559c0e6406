// A headless Chromium on the built page, served from this machine.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { preview } from "vite";

const QUIET = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update",
];

/** Open the page; returns it, all that its console said of errors, and a function that ends both. */
export async function open() {
  const server = await preview({ preview: { port: 0, strictPort: false }, logLevel: "error" });
  const browser = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), "chromium-")), {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: QUIET,
  });
  const page = await browser.newPage();
  const faults = [];
  page.on("console", (said) => said.type() === "error" && faults.push(said.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("requestfailed", (request) => faults.push(`${request.url()}: failed`));
  page.on("request", (request) => {
    if (!/^(http:\/\/localhost|blob:|data:)/.test(request.url())) faults.push(`${request.url()}: elsewhere`);
  });
  await page.goto(server.resolvedUrls.local[0]);
  const close = async () => { await browser.close(); await server.close(); };
  return { page, faults, close };
}

/** Choose a task, and wait until its dream runs. */
export async function choose(page, task) {
  await page.locator(`#tasks button[value="${task}"]`).click();
  await page.waitForFunction((name) => window.demo.ready === name && window.demo.painted > 0, task);
}
