// One dreamed episode after another: a world model, a temperature, and who plays.
import { act } from "./controller.js";
import { uniform } from "./random.js";
import { TASKS } from "./tasks.js";

export class Dream {
  constructor(task, model) {
    Object.assign(this, { task: TASKS[task], model, temperature: 1, player: "", prediction: null });
    this.held = {}; // keys that are down, by what they do
    this.restart(1);
  }

  /** Begin the dream that belongs to a seed. */
  restart(seed) {
    Object.assign(this, { seed, next: uniform(seed), steps: 0, score: 0, over: "" });
    this.state = this.model.begin(this.next);
  }

  /** Return the next action: the player's own, the chosen controller's, or none. */
  action() {
    const controller = this.model.controllers[this.player];
    if (controller) return this.task.squash(act(controller, this.state, this.model.about.action_size));
    return this.player === "still" ? this.task.still : this.task.play(this.held);
  }

  /** Dream one step, if the episode goes on. */
  async step() {
    if (this.over) return;
    const { state, prediction, reward, dies } = await this.model.imagine(
      this.state, this.action(), this.temperature, this.next,
    );
    Object.assign(this, { state, prediction, steps: this.steps + 1, score: this.score + reward });
    if (dies) this.over = "killed";
    else if (this.steps >= this.model.about.max_steps) this.over = "time limit";
  }
}
