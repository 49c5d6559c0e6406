// The panels below the dream: latents, what M expects, real frames, evolution.
import { density, weightsOf } from "./mixture.js";
import { drawLines } from "./plots.js";

const find = (id) => document.getElementById(id);

/** Fill the sliders, one for each latent number; `changed(i, value)` is called when one is moved. */
export function fillLatents(count, changed) {
  const sliders = Array.from({ length: count }, (_, i) => {
    const slider = Object.assign(document.createElement("input"), {
      type: "range", min: -4, max: 4, step: 0.05, value: 0,
    });
    slider.setAttribute("aria-label", `latent ${i}`);
    slider.addEventListener("input", () => changed(i, Number(slider.value)));
    return slider;
  });
  find("latents").replaceChildren(
    ...sliders.map((slider, i) => {
      const label = document.createElement("label");
      label.append(`${i}`, slider);
      return label;
    }),
  );
  return (z) => sliders.forEach((slider, i) => { slider.value = z[i]; });
}

/** Show the mixture of one dimension. */
export function showDensity(prediction, temperature) {
  if (!prediction) return;
  const dimension = Math.min(Math.max(Number(find("dimension").value) || 0, 0), prediction.latent - 1);
  const points = Array.from({ length: 160 }, (_, i) => -4 + (8 * i) / 159);
  const heights = density(prediction, dimension, temperature, points);
  drawLines(find("density"), [{ name: "", points: points.map((x, i) => [x, heights[i]]) }], { digits: 1 });
  const weights = weightsOf(prediction, dimension, temperature);
  find("weights").textContent = `weights ${weights.map((each) => each.toFixed(2)).join(", ")}`;
}

/** Show recorded frames, each beside what V paints of it. */
export async function showFrames(model) {
  const { frames: count, latent_size: size } = model.about;
  const canvases = [];
  for (let number = 0; number < count; number += 1) {
    const canvas = Object.assign(document.createElement("canvas"), { width: 128, height: 64 });
    const place = canvas.getContext("2d");
    const real = new ImageData(64, 64);
    for (let pixel = 0; pixel < 4096; pixel += 1) {
      const from = (number * 4096 + pixel) * 3;
      real.data.set([...model.frames.subarray(from, from + 3), 255], 4 * pixel);
    }
    place.putImageData(real, 0, 0);
    place.putImageData(await model.decode(model.latents.slice(number * size, (number + 1) * size)), 64, 0);
    canvases.push(canvas);
  }
  find("frames").replaceChildren(...canvases);
}

/** Show each controller's mean score by generation. */
export function showCurves({ about, controllers }) {
  const lines = Object.values(controllers).map(({ name, curve }) => ({
    name, points: curve.map(([generation, mean]) => [generation, mean]),
  }));
  find("curve-note").textContent = `Mean ${about.score} of each generation's candidates.`;
  drawLines(find("curves"), lines);
}
