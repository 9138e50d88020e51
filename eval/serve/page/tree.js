// The tree of a search: its nodes as they come, in words and as a picture.

import {element} from './api.js';

const svg = 'http://www.w3.org/2000/svg';

const short = (p) => p < 0.001 ? p.toExponential(0) : p.toPrecision(2);

export class Tree {
  constructor(problem, list, map) {
    this.list = list; // <ul role="tree">
    this.map = map;   // <svg>
    this.nodes = new Map();
    this.expansions = 0;
    this.path = new Set();
    list.replaceChildren();
    this.add({id: 0, text: problem, count: 0});
    list.onkeydown = (event) => this.onKey(event);
    list.onclick = (event) => this.onClick(event);
    this.draw();
  }

  // What one call of a model brought.
  grow({nodes, expanded, scores}) {
    for (const node of nodes) {
      const known = this.nodes.get(node.id);
      if (known) {
        known.count += node.count;
        this.write(known);
      } else if (this.nodes.has(node.parent)) {
        this.add(node);
      }
    }
    for (const id of expanded) {
      ++this.expansions;
      const node = this.nodes.get(id);
      if (!node) continue;
      node.orders.push(this.expansions);
      this.write(node);
    }
    for (const [id, score] of scores) {
      const node = this.nodes.get(id);
      if (!node) continue;
      node.score = score;
      this.write(node);
    }
    this.draw();
  }

  // The solution that was chosen.
  choose(path) {
    this.path = new Set(path);
    for (const id of path) this.write(this.nodes.get(id));
    this.draw();
    // The solution is brought into view within the list; the page stays where it is.
    const leaf = this.nodes.get(path.at(-1)).row.getBoundingClientRect();
    const list = this.list.getBoundingClientRect();
    if (leaf.bottom > list.bottom) this.list.scrollTop += leaf.bottom - list.bottom + 8;
  }

  add({id, parent, text, final, log_prob: logProb, count}) {
    const above = this.nodes.get(parent);
    const row = element('div', {class: 'node fresh'});
    const item = element('li', {role: 'treeitem', tabindex: id === 0 ? 0 : -1, 'data-id': id}, row);
    const node = {id, above, text, final, logProb, count, row, item, orders: [], children: []};
    this.nodes.set(id, node);
    this.write(node);
    if (!above) {
      this.list.append(item);
      return;
    }
    above.children.push(node);
    if (!above.group) {
      above.group = element('ul', {role: 'group'});
      above.item.append(above.group);
      above.item.setAttribute('aria-expanded', true);
    }
    above.group.append(item);
  }

  write(node) {
    const {row} = node;
    row.replaceChildren();
    const part = (kind, text, title) => row.append(element('span', {class: kind, title}, text));
    if (node.orders.length > 0) {
      const shown = node.orders.length > 3
        ? `${node.orders[0]} … ${node.orders.at(-1)}` : node.orders.join(' ');
      part('order', shown, 'order of expansion');
    }
    part(node.final ? 'text final' : 'text', node.final ? `${node.text} ◆` : node.text,
         node.final ? 'an answer' : undefined);
    if (node.score !== undefined) part('fact', node.score.toFixed(3), 'score of the reward model');
    if (node.logProb) part('fact', `p ${short(Math.exp(node.logProb))}`, 'probability by the policy');
    if (node.count > 1) part('fact', `×${node.count}`, 'times drawn');
    row.classList.toggle('scored', node.score !== undefined);
    if (node.score !== undefined) row.style.setProperty('--score', node.score);
    row.classList.toggle('path', this.path.has(node.id));
  }

  // The picture: leaves side by side, a parent above the middle of its children.
  draw() {
    const at = new Map();
    let leaves = 0, deepest = 1;
    const place = (node, depth) => {
      deepest = Math.max(deepest, depth);
      const xs = node.children.map((child) => place(child, depth + 1));
      const x = xs.length > 0 ? (xs[0] + xs.at(-1)) / 2 : leaves++;
      at.set(node, {x, y: depth});
      return x;
    };
    place(this.nodes.get(0), 0);
    const width = Math.max(200, this.map.clientWidth), height = 176, border = 14;
    const x = (p) => leaves > 1 ? border + p.x / (leaves - 1) * (width - 2 * border) : width / 2;
    const y = (p) => border + p.y / deepest * (height - 2 * border);
    const radius = leaves > 120 ? 2 : leaves > 40 ? 4 : 6;
    const make = (name, attributes, text) => {
      const made = document.createElementNS(svg, name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      if (text !== undefined) made.textContent = text;
      return made;
    };
    const lines = [], circles = [], numbers = [];
    for (const [node, p] of at) {
      if (node.above) {
        const q = at.get(node.above);
        const chosen = this.path.has(node.id) && this.path.has(node.above.id);
        lines.push(make('line', {x1: x(q), y1: y(q), x2: x(p), y2: y(p), class: chosen ? 'path' : ''}));
      }
      const circle = make('circle', {cx: x(p), cy: y(p), r: radius,
        class: `${node.score !== undefined ? 'scored' : ''} ${node.final ? 'final' : ''}`});
      if (node.score !== undefined) circle.style.setProperty('--score', node.score);
      circles.push(circle);
      if (node.orders.length > 0 && leaves <= 60)
        numbers.push(make('text', {x: x(p) + (p.y === 0 ? 14 : 0), y: p.y === 0 ? y(p) + 4 : y(p) - 8}, node.orders[0]));
    }
    this.map.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.map.setAttribute('aria-label',
      `Tree of ${this.nodes.size - 1} steps; below, the same in words`);
    this.map.replaceChildren(...lines, ...circles, ...numbers);
  }

  onClick(event) {
    const item = event.target.closest('[role="treeitem"]');
    if (!item) return;
    this.focus(item);
    if (item.hasAttribute('aria-expanded'))
      item.setAttribute('aria-expanded', item.getAttribute('aria-expanded') === 'false');
  }

  // The keys of a tree (WAI-ARIA): up and down, right opens or goes in, left closes or goes out.
  onKey(event) {
    const item = event.target.closest('[role="treeitem"]');
    const seen = [...this.list.querySelectorAll('[role="treeitem"]')]
      .filter((one) => !one.parentElement.closest('[aria-expanded="false"]'));
    const here = seen.indexOf(item);
    const open = item.getAttribute('aria-expanded');
    const keys = {
      ArrowDown: () => this.focus(seen[here + 1]),
      ArrowUp: () => this.focus(seen[here - 1]),
      Home: () => this.focus(seen[0]),
      End: () => this.focus(seen.at(-1)),
      ArrowRight: () => open === 'false' ? item.setAttribute('aria-expanded', true)
        : open && this.focus(seen[here + 1]),
      ArrowLeft: () => open === 'true' ? item.setAttribute('aria-expanded', false)
        : this.focus(item.parentElement.closest('[role="treeitem"]')),
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  }

  focus(item) {
    if (!item) return;
    for (const one of this.list.querySelectorAll('[tabindex="0"]')) one.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
  }
}
