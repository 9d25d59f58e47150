// The role to sign in, where a person's second certificate has several.
import { byId, onPress, say, show, text } from "./page.js";

// Shows one button for each; `choose(role)` runs at the press of one.
export function askRole(roles, choose) {
  byId("roles").replaceChildren(...roles.map((role) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.testid = "role";
    button.dataset.role = role;
    if (text(`d.role.${role}`)) say(button, `d.role.${role}`);
    else button.textContent = role;
    onPress(button, () => choose(role));
    return button;
  }));
  show("role");
}
