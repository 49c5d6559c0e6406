// What the page promises, in a real browser: `npm test`, after `npm run build`.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { choose, open } from "./browser.mjs";

const TASKS = ["car_racing", "take_cover"];
// Weights have eight bits: the largest differences from PyTorch in each output.
const TOLERANCES = {
  image: 0.02, next_h: 0.05, next_c: 0.06, means: 0.03, log_sigmas: 0.03, log_weights: 0.2, reward: 0.01, death: 0.02,
};
let opened;

before(async () => { opened = await open(); });
after(async () => opened?.close());

/** Play in a task's dream without painting, at a seed, for some steps; returns z after each. */
const played = (page, how) => page.evaluate(async ({ task, seed, player, held, temperature, steps }) => {
  const dream = new window.demo.Dream(task, window.demo.dream.model);
  Object.assign(dream, { player, temperature, held });
  dream.restart(seed);
  const seen = [];
  while (seen.length < steps && !dream.over) {
    await dream.step();
    seen.push(Array.from(dream.state.z));
  }
  return seen;
}, { player: "", held: {}, temperature: 1, ...how });

const distance = (a, b) => Math.sqrt(a.reduce((sum, each, i) => sum + (each - b[i]) ** 2, 0));

for (const task of TASKS) {
  test(`${task}: models agree with PyTorch`, async () => {
    const { page } = opened;
    await choose(page, task);
    const { inputs, answers } = JSON.parse(readFileSync(`reference/${task}.json`, "utf8"));
    const found = await page.evaluate(async ({ inputs }) => {
      const { model } = window.demo.dream;
      const rows = [];
      for (let row = 0; row < inputs.z.length; row += 1) {
        const at = (name) => Float32Array.from(inputs[name][row]);
        const told = await model.predict(
          { z: at("z"), h: at("h"), c: at("c"), restart: inputs.restart[row][0] }, at("action"),
        );
        const { data } = await model.decode(at("z"));
        const image = [];
        for (let colour = 0; colour < 3; colour += 1) {
          for (let y = 0; y < 64; y += 8) for (let x = 0; x < 64; x += 8) image.push(data[4 * (64 * y + x) + colour] / 255);
        }
        const { logWeights, means, logSigmas } = told.prediction;
        rows.push({
          image, next_h: [...told.h], next_c: [...told.c], means: [...means], log_sigmas: [...logSigmas],
          raw_log_weights: [...logWeights], reward: [told.reward], death: [told.death],
        });
      }
      return rows;
    }, { inputs });
    const { mixtures, latent } = await page.evaluate(() => ({
      mixtures: window.demo.dream.model.about.mixtures, latent: window.demo.dream.model.about.latent_size,
    }));
    for (const row of found) { // M's log weights come as the output layer has them
      row.log_weights = row.raw_log_weights.map((each, place) => {
        const own = Array.from({ length: mixtures }, (_, k) => row.raw_log_weights[k * latent + (place % latent)]);
        return each - Math.log(own.reduce((sum, value) => sum + Math.exp(value), 0));
      });
    }
    for (const [name, expected] of Object.entries(answers)) {
      const off = expected.flatMap((row, i) => row.flat(Infinity).map((each, j) => Math.abs(each - found[i][name][j])));
      const mean = off.reduce((sum, each) => sum + each, 0) / off.length;
      console.log(`${task} ${name}: off by at most ${Math.max(...off).toFixed(4)}, ${mean.toFixed(4)} on average`);
      assert.ok(Math.max(...off) < TOLERANCES[name], `${name}: off by ${Math.max(...off)}`);
    }
  });

  test(`${task}: keys act, and a seed is the same dream again`, async () => {
    const { page } = opened;
    await choose(page, task);
    const [left, again, right] = await Promise.all(
      [{ left: true }, { left: true }, { right: true }].map((held) => played(page, { task, seed: 7, held, steps: 40 })),
    );
    assert.deepEqual(left, again);
    const steps = Math.min(left.length, right.length);
    assert.ok(distance(left[steps - 1], right[steps - 1]) > 1);
  });

  test(`${task}: a higher temperature is a wilder dream`, async () => {
    const { page } = opened;
    await choose(page, task);
    const restless = async (temperature) => {
      const seen = await played(page, { task, seed: 3, player: "still", temperature, steps: 60 });
      const moves = seen.slice(1).map((z, i) => distance(z, seen[i]));
      return moves.reduce((sum, each) => sum + each, 0) / moves.length;
    };
    const [cold, warm] = [await restless(0.1), await restless(1.3)];
    assert.ok(warm > 1.3 * cold, `${cold} and ${warm}`);
  });

  test(`${task}: it dreams and paints at least 20 frames a second`, async () => {
    const { page } = opened;
    await choose(page, task);
    const rate = await page.evaluate(async () => {
      window.demo.paused = true;
      const { dream } = window.demo;
      const began = performance.now();
      for (let step = 0; step < 60; step += 1) {
        if (dream.over) dream.restart(step);
        await dream.step();
        await dream.model.decode(dream.state.z);
      }
      return (60 * 1000) / (performance.now() - began);
    });
    console.log(`${task}: ${rate.toFixed(0)} frames a second`);
    assert.ok(rate >= 20, `${rate} frames a second`);
  });
}

test("Take Cover: the controller survives longer than standing still", async () => {
  const { page } = opened;
  await choose(page, "take_cover");
  const lived = async (player) => {
    let steps = 0;
    for (let seed = 0; seed < 8; seed += 1) {
      steps += (await played(page, { task: "take_cover", seed, player, temperature: 1.15, steps: 600 })).length;
    }
    return steps / 8;
  };
  const [controlled, still] = [await lived("tau_1.15"), await lived("still")];
  console.log(`the controller lives ${controlled} steps of 600, standing still ${still}`);
  assert.ok(controlled > 1.5 * still, `${controlled} and ${still}`);
});

test("the page itself: real keys, the slider of τ, latents, frames, curves", async () => {
  const { page } = opened;
  await choose(page, "car_racing");
  await page.locator("#restart").click();
  await page.locator("#screen").focus();
  await page.keyboard.down("ArrowLeft");
  assert.deepEqual(await page.evaluate(() => window.demo.dream.action()[0]), -1);
  await page.keyboard.up("ArrowLeft");
  await page.locator("#temperature").fill("0.5");
  assert.equal(await page.evaluate(() => window.demo.dream.temperature), 0.5);
  await page.locator("#pause").click();
  const pixels = () => page.evaluate(() => Array.from(
    document.getElementById("screen").getContext("2d").getImageData(0, 0, 64, 64).data,
  ));
  await page.waitForTimeout(200);
  const painted = await pixels();
  assert.ok(new Set(painted).size > 20, "a picture");
  await page.locator("#latents input").first().fill("3");
  await page.waitForTimeout(300);
  assert.notDeepEqual(await pixels(), painted);
  assert.equal(await page.locator("#frames canvas").count(), await page.evaluate(() => window.demo.dream.model.about.frames));
  assert.ok((await page.locator("#curves polyline").count()) >= 1);
  assert.equal(await page.locator("#density polyline").count(), 1);
  await page.screenshot({ path: process.env.SCREENSHOT ?? "screenshot.png", fullPage: true });
});

test("nothing went wrong, nothing came from elsewhere, and all is small", () => {
  assert.deepEqual(opened.faults, []);
  const size = (folder) => readdirSync(folder).reduce((sum, name) => {
    const path = join(folder, name);
    return sum + (statSync(path).isDirectory() ? size(path) : statSync(path).size);
  }, 0);
  const whole = size("dist");
  console.log(`the page has ${(whole / 1e6).toFixed(1)} MB`);
  assert.ok(whole < 25e6, `${whole} bytes`);
});
