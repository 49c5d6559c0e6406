// Keys and touch: what is held down.

const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
const SIGNS = { left: "←", right: "→", up: "↑", down: "↓" };

/** Keep `held` as the keyboard is, wherever the focus is except in other controls. */
export function listenToKeys(held) {
  for (const [event, down] of [["keydown", true], ["keyup", false]]) {
    window.addEventListener(event, (key) => {
      if (!(key.key in KEYS) || key.target.matches("input, select")) return;
      held[KEYS[key.key]] = down;
      key.preventDefault(); // else the page scrolls
    });
  }
  window.addEventListener("blur", () => Object.keys(held).forEach((each) => { held[each] = false; }));
}

/** Put a button for each control into a place. */
export function fillTouch(place, controls, held) {
  place.replaceChildren(
    ...controls.map((control) => {
      const button = Object.assign(document.createElement("button"), { textContent: SIGNS[control] });
      button.setAttribute("aria-label", control);
      const set = (down) => (event) => { held[control] = down; event.preventDefault(); };
      button.addEventListener("pointerdown", set(true));
      for (const event of ["pointerup", "pointerleave", "pointercancel"]) {
        button.addEventListener(event, set(false));
      }
      return button;
    }),
  );
}
