// C: a linear map of what the world model knows (controller/policies.py).

/** Return a controller's raw outputs in a state. */
export function act({ parameters, sees, bias }, state, outputs) {
  const features = sees.flatMap((part) => Array.from(state[part]));
  return Array.from({ length: outputs }, (_, row) => {
    let sum = bias ? parameters[outputs * features.length + row] : 0;
    for (let i = 0; i < features.length; i += 1) sum += parameters[row * features.length + i] * features[i];
    return sum;
  });
}
