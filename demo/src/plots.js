// Lines in an SVG.

const PLACE = "http://www.w3.org/2000/svg";
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

function add(svg, kind, attributes, text = "") {
  const made = document.createElementNS(PLACE, kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  svg.append(made);
}

/** Draw lines, each {name, points: [[x, y], …]}, with the axes' ends in numbers. */
export function drawLines(svg, lines, { digits = 0 } = {}) {
  svg.replaceChildren();
  const { width, height } = svg.viewBox.baseVal;
  const points = lines.flatMap((line) => line.points);
  if (!points.length) return;
  const ends = [0, 1].map((axis) => {
    const values = points.map((each) => each[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return [low, high > low ? high : low + 1];
  });
  const [left, right, top, bottom] = [48, 8, 8, 20];
  const x = (value) => left + ((value - ends[0][0]) / (ends[0][1] - ends[0][0])) * (width - left - right);
  const y = (value) => height - bottom - ((value - ends[1][0]) / (ends[1][1] - ends[1][0])) * (height - top - bottom);
  lines.forEach(({ name, points: own }, number) => {
    const path = own.map((each) => `${x(each[0]).toFixed(1)},${y(each[1]).toFixed(1)}`).join(" ");
    const stroke = COLOURS[number % COLOURS.length];
    add(svg, "polyline", { points: path, fill: "none", stroke, "stroke-width": 1.5 });
    if (name) add(svg, "text", { x: left + 8, y: top + 12 + 13 * number, style: `fill:${stroke}` }, name);
  });
  const told = (value) => value.toFixed(digits);
  add(svg, "text", { x: 2, y: y(ends[1][0]) }, told(ends[1][0]));
  add(svg, "text", { x: 2, y: y(ends[1][1]) + 10 }, told(ends[1][1]));
  add(svg, "text", { x: left, y: height - 4 }, told(ends[0][0]));
  add(svg, "text", { x: width - right, y: height - 4, "text-anchor": "end" }, told(ends[0][1]));
}
