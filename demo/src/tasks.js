// What keys do in each task, and how a controller's outputs become its actions (tasks/*/).
const clamp = (x) => Math.min(Math.max(x, 0), 1);

export const TASKS = {
  car_racing: {
    title: "CarRacing",
    hint: "Arrow keys: left, right, up for gas, down for the brake.",
    keys: ["left", "right", "up", "down"],
    // steering, gas, brake
    play: (held) => [(held.right ? 1 : 0) - (held.left ? 1 : 0), held.up ? 0.7 : 0, held.down ? 0.8 : 0],
    squash: ([steering, gas, brake]) => [
      Math.tanh(steering), (Math.tanh(gas) + 1) / 2, clamp(Math.tanh(brake)),
    ],
    still: [0, 0, 0],
  },
  take_cover: {
    title: "Take Cover",
    hint: "Arrow keys: left and right. Fireballs kill.",
    keys: ["left", "right"],
    play: (held) => [(held.right ? 1 : 0) - (held.left ? 1 : 0)],
    squash: ([move]) => [Math.tanh(move)],
    still: [0],
  },
};
