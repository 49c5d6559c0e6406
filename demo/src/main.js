// The page: one task at a time, a dream that runs, and its controls.
import { Dream } from "./dream.js";
import { fillTouch, listenToKeys } from "./input.js";
import { fillLatents, showCurves, showDensity, showFrames } from "./panels.js";
import { TASKS } from "./tasks.js";
import { WorldModel } from "./world_model.js";

const find = (id) => document.getElementById(id);
const held = {};
const models = {};
const demo = { dream: null, paused: false, painted: 0, Dream };
window.demo = demo; // for whoever looks inside, tests included
let showLatents = () => {};
let task = "";

function tell() {
  const { steps, score, over, model } = demo.dream;
  const unit = model.about.score;
  find("status").textContent = `${unit}: ${score.toFixed(0)}, step ${steps}${over ? `, ${over}` : ""}`;
}

async function paint() {
  const { model, state } = demo.dream;
  find("screen").getContext("2d").putImageData(await model.decode(state.z), 0, 0);
  demo.painted += 1;
}

async function choose(name) {
  task = name;
  find("status").textContent = "loading …";
  for (const button of find("tasks").children) button.setAttribute("aria-pressed", button.value === name);
  models[name] ??= await WorldModel.load(name);
  if (task !== name) return; // another was chosen meanwhile
  const model = models[name];
  const dream = new Dream(name, model);
  dream.held = held;
  const dreamt = Object.values(model.controllers).some((each) => each.temperature);
  const players = [["you", "you"], ...Object.keys(model.controllers).map((each) => [each, `controller ${each}`])];
  find("player").replaceChildren(...players.map(([value, text]) => new Option(text, value)));
  find("temperature").value = dream.temperature = dreamt ? 1.15 : 1; // the paper's best
  find("temperature-value").textContent = dream.temperature.toFixed(2);
  find("hint").textContent = TASKS[name].hint;
  find("dimension").max = model.about.latent_size - 1;
  fillTouch(find("touch"), TASKS[name].keys, held);
  showLatents = fillLatents(model.about.latent_size, (i, value) => {
    demo.dream.state.z[i] = value;
    if (demo.paused) paint();
  });
  showCurves(model);
  demo.dream = dream;
  demo.ready = name;
  await showFrames(model);
}

function pause(paused) {
  demo.paused = paused;
  find("pause").textContent = paused ? "Go on" : "Pause";
}

function restart() {
  demo.dream.restart(Math.floor(Math.random() * 2 ** 31));
  pause(false);
}

/** Dream at the game's own speed, or as fast as this machine can. */
async function loop() {
  for (;;) {
    const began = performance.now();
    const { dream } = demo;
    if (dream && !demo.paused) {
      await dream.step();
      await paint();
      tell();
      if (dream.steps % 5 === 0 || dream.over) {
        showDensity(dream.prediction, dream.temperature);
        showLatents(dream.state.z);
      }
      if (dream.over) pause(true);
    }
    const rate = dream ? dream.model.about.steps_per_second : 10;
    const left = 1000 / rate - (performance.now() - began);
    await new Promise((done) => setTimeout(done, Math.max(left, 0)));
  }
}

for (const [name, { title }] of Object.entries(TASKS)) {
  const button = Object.assign(document.createElement("button"), { value: name, textContent: title });
  button.addEventListener("click", () => choose(name));
  find("tasks").append(button);
}
find("player").addEventListener("change", (event) => { demo.dream.player = event.target.value; restart(); });
find("temperature").addEventListener("input", (event) => {
  demo.dream.temperature = Number(event.target.value);
  find("temperature-value").textContent = demo.dream.temperature.toFixed(2);
});
find("pause").addEventListener("click", () => (demo.dream.over ? restart() : pause(!demo.paused)));
find("restart").addEventListener("click", restart);
listenToKeys(held);
choose("car_racing").then(loop);
