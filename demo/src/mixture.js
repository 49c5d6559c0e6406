// The mixture of normals that M predicts of each latent number (memory/mixture.py).
import { normal } from "./random.js";

/** Return a dimension's weights at temperature τ; they sum to 1. */
export function weightsOf(prediction, dimension, temperature) {
  const { mixtures, latent, logWeights } = prediction;
  const logs = Array.from({ length: mixtures }, (_, k) => logWeights[k * latent + dimension]);
  const peak = Math.max(...logs);
  const weights = logs.map((each) => Math.exp((each - peak) / temperature));
  const total = weights.reduce((sum, each) => sum + each, 0);
  return weights.map((each) => each / total);
}

/** Draw the next z: log weights are divided by τ, noise is multiplied by √τ. */
export function sample(prediction, temperature, next) {
  const { latent, means, logSigmas } = prediction;
  const z = new Float32Array(latent);
  for (let dimension = 0; dimension < latent; dimension += 1) {
    const weights = weightsOf(prediction, dimension, temperature);
    let left = next();
    let chosen = 0;
    while (chosen < weights.length - 1 && left >= weights[chosen]) {
      left -= weights[chosen];
      chosen += 1;
    }
    const place = chosen * latent + dimension;
    z[dimension] = means[place] + Math.exp(logSigmas[place]) * Math.sqrt(temperature) * normal(next);
  }
  return z;
}

/** Return the density of a dimension's next value at some points. */
export function density(prediction, dimension, temperature, points) {
  const { mixtures, latent, means, logSigmas } = prediction;
  const weights = weightsOf(prediction, dimension, temperature);
  return points.map((x) => {
    let sum = 0;
    for (let k = 0; k < mixtures; k += 1) {
      const sigma = Math.exp(logSigmas[k * latent + dimension]) * Math.sqrt(temperature);
      const off = (x - means[k * latent + dimension]) / sigma;
      sum += (weights[k] * Math.exp(-0.5 * off * off)) / (sigma * Math.sqrt(2 * Math.PI));
    }
    return sum;
  });
}
