// V's decoder and M, run by ONNX Runtime, and what was exported beside them (inspection/demo.py).
import * as ort from "onnxruntime-web/wasm";
import wasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { sample } from "./mixture.js";
import { normal } from "./random.js";

ort.env.wasm.numThreads = 1; // more need headers that a plain file server doesn't send
ort.env.wasm.wasmPaths = { wasm };

const bytes = async (path) => {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}; run: make demo`);
  return answer.arrayBuffer();
};
const tensor = (values, ...shape) => new ort.Tensor("float32", values, shape);

export class WorldModel {
  /** Load a task's models from a folder of the page. */
  static async load(task) {
    const folder = `./models/${task}`;
    const about = await (await fetch(`${folder}/task.json`)).json();
    const files = ["decoder.onnx", "memory.onnx", "beginnings.bin", "frames.bin", "latents.bin"];
    const [decoder, memory, beginnings, frames, latents] = await Promise.all(
      files.map((name) => bytes(`${folder}/${name}`)),
    );
    const made = new WorldModel();
    Object.assign(made, { about, frames: new Uint8Array(frames), latents: new Float32Array(latents) });
    made.beginnings = new Float32Array(beginnings); // μ of all, then log σ² of all
    made.decoder = await ort.InferenceSession.create(decoder);
    made.memory = await ort.InferenceSession.create(memory);
    made.controllers = {};
    for (const each of about.controllers) {
      const parameters = new Float32Array(await bytes(`${folder}/${each.name}.bin`));
      made.controllers[each.name] = { ...each, parameters };
    }
    return made;
  }

  /** Return the state in which a dream begins: z of a recorded first frame, and M's zeros. */
  begin(next) {
    const { latent_size: size, hidden_size: hidden, beginnings: count } = this.about;
    const place = Math.floor(next() * count) * size;
    const z = Float32Array.from({ length: size }, (_, i) => {
      const mu = this.beginnings[place + i];
      const logSigma2 = this.beginnings[count * size + place + i];
      return mu + Math.exp(logSigma2 / 2) * normal(next);
    });
    return { z, h: new Float32Array(hidden), c: new Float32Array(hidden), restart: 1 };
  }

  /** Feed M; return its state, what it expects of the next z, the reward and the logit of death. */
  async predict({ z, h, c, restart }, action) {
    const { hidden_size: hidden, mixtures, latent_size: latent } = this.about;
    const fed = {
      z: tensor(z, 1, latent), action: tensor(Float32Array.from(action), 1, action.length),
      restart: tensor(Float32Array.of(restart), 1, 1), h: tensor(h, 1, hidden), c: tensor(c, 1, hidden),
    };
    const wanted = Object.fromEntries(this.memory.inputNames.map((name) => [name, fed[name]]));
    const found = await this.memory.run(wanted);
    const prediction = {
      mixtures, latent, logWeights: found.log_weights.data, means: found.means.data,
      logSigmas: found.log_sigmas.data,
    };
    return {
      h: found.next_h.data, c: found.next_c.data, prediction,
      reward: found.reward ? found.reward.data[0] : 1, death: found.death ? found.death.data[0] : -1,
    };
  }

  /** Imagine a step, as in the project's own dreams. */
  async imagine(state, action, temperature, next) {
    const { h, c, prediction, reward, death } = await this.predict(state, action);
    const z = sample(prediction, temperature, next);
    return { state: { z, h, c, restart: 0 }, prediction, reward, dies: death > 0 };
  }

  /** Return the picture that z stands for, as ImageData of 64 × 64 pixels. */
  async decode(z) {
    const { image } = await this.decoder.run({ z: tensor(z, 1, z.length) });
    const picture = new ImageData(64, 64);
    for (let pixel = 0; pixel < 4096; pixel += 1) {
      for (let colour = 0; colour < 3; colour += 1) {
        picture.data[4 * pixel + colour] = Math.round(255 * image.data[4096 * colour + pixel]);
      }
      picture.data[4 * pixel + 3] = 255;
    }
    return picture;
  }
}
