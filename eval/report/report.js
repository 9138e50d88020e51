// What the page does beyond being read: folding and playing of trees, copying of commands,
// and where a number comes from. Without it everything is there to read.
"use strict";

for (const shown of document.querySelectorAll("data")) {
  const of = shown.dataset.of ? " / " + shown.dataset.of : "";
  shown.title = shown.dataset.at + of + " = " + shown.value;
}

if (navigator.clipboard) {
  for (const line of document.querySelectorAll(".command")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(line.querySelector("code").textContent);
      button.textContent = "copied";
      setTimeout(() => { button.textContent = "copy"; }, 1200);
    });
    line.append(button);
  }
}

// What is folded is unfolded for the printer.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});

const verdicts = { "1": "right", "0": "true, but gets nowhere", "-1": "wrong" };

function facts(item) {
  const d = item.dataset;
  if (d.f === undefined) return "The problem.";
  const score = item.querySelector(":scope > .node .score");
  const parts = [
    item.querySelector("code").textContent,
    score ? "PRM " + score.querySelector("data").value : "",
    "g " + d.g + ", f " + d.f,
    d.order !== "0" ? "expanded as number " + d.order : "not expanded",
    "the verifier: " + (verdicts[d.label] || "behind an error"),
  ];
  return parts.filter((part) => part).join("  ·  ");
}

function fold(item, open) {
  if (item.hasAttribute("aria-expanded")) item.setAttribute("aria-expanded", String(open));
}

// The keys of the WAI-ARIA tree pattern.
function walk(tree, item, key) {
  const shown = [...tree.querySelectorAll("[role=treeitem]")].filter(
    (other) => other.getClientRects().length && !other.classList.contains("future"));
  const open = item.getAttribute("aria-expanded") === "true";
  const at = shown.indexOf(item);
  let to = null;
  if (key === "ArrowDown") to = shown[at + 1];
  else if (key === "ArrowUp") to = shown[at - 1];
  else if (key === "Home") to = shown[0];
  else if (key === "End") to = shown[shown.length - 1];
  else if (key === "ArrowRight") {
    if (open) to = item.querySelector("[role=treeitem]:not(.future)");
    else fold(item, true);
  } else if (key === "ArrowLeft") {
    if (open) fold(item, false);
    else to = item.parentElement.closest("[role=treeitem]");
  } else if (key === "Enter" || key === " ") fold(item, !open);
  else return false;
  if (to) {
    item.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }
  return true;
}

for (const card of document.querySelectorAll(".tree-card")) {
  const tree = card.querySelector(".tree");
  const line = card.querySelector(".facts");
  const slider = card.querySelector("input");
  const output = card.querySelector("output");
  const button = card.querySelector(".play");
  const items = [...tree.querySelectorAll("[role=treeitem]")];
  const last = Number(slider.max);
  let timer = 0;

  // After `turn` expansions: what was opened by then, and which node is expanded next.
  function show(turn) {
    slider.value = turn;
    output.textContent = turn + " of " + last;
    for (const item of items) {
      item.classList.toggle("future", Number(item.dataset.born) > turn);
      item.classList.toggle("now", turn < last && Number(item.dataset.order) === turn + 1);
    }
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    button.textContent = "Play";
  }
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.value) >= last) show(0);
    for (const item of items) fold(item, true);
    button.textContent = "Stop";
    timer = setInterval(() => {
      show(Number(slider.value) + 1);
      if (Number(slider.value) >= last) stop();
    }, 900);
  });
  slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });

  const item_of = (event) => event.target.closest("[role=treeitem]");
  tree.addEventListener("click", (event) => {
    const node = event.target.closest(".node");
    if (!node) return;
    const item = node.parentElement;
    fold(item, item.getAttribute("aria-expanded") !== "true");
    for (const other of items) other.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
  });
  tree.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (walk(tree, item_of(event), event.key)) event.preventDefault();
  });
  for (const name of ["mouseover", "focusin"]) {
    tree.addEventListener(name, (event) => {
      const item = item_of(event);
      if (item) line.textContent = facts(item);
    });
  }
}
