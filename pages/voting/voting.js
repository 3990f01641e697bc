// The voting desk: shows one pair, takes a key or a click, and shows the next pair at once from those fetched ahead.
//
// Every action is kept in an outbox until the server has said what became of it, in the browser's session storage too,
// so that neither a lost connection nor a restarted server loses a vote. What is typed beside a pair is kept the same way
// and stands there again when the pair comes back. All texts are put in as text, never as HTML.

import { Kept } from "./kept.js";

const TWICE_MS = 350; // the same key again so soon means "much better"; no pair can be read in less
const RESEND_MS = 4000;
const HISTORY = 50;
const KEYS = {
  ArrowLeft: "left", Digit1: "left", Numpad1: "left",
  ArrowRight: "right", Digit2: "right", Numpad2: "right",
  ArrowDown: "tie", Digit0: "both_bad", Numpad0: "both_bad",
};
const REMOUNT_MS = 2000; // a desk that comes back later than this starts afresh from what the server says
let live = null; // the one desk of this tab, however often and wherever Streamlit mounts the component

export default function mount({ data, parentElement, setStateValue }) {
  if (!live?.goesOnFor(data.person)) {
    live?.close();
    live = new Desk(data.person);
  }
  const desk = live;
  desk.send = (actions) => setStateValue("outbox", actions);
  desk.open(parentElement);
  desk.take(data);
  return () => {
    // Streamlit may have mounted the desk in its new place before it leaves the old one.
    if (desk.root === parentElement) desk.close();
  };
}

class Desk {
  constructor(person) {
    this.person = person;
    this.outbox = new Kept(`voting-outbox:${person}`);
    this.typed = new Kept(`voting-typed:${person}`, HISTORY);
    this.gone = new Set([...this.outbox.values()].filter((a) => a.kind !== "undo").map((a) => turnOf(a)));
    this.history = []; // votes of this visit, newest last, each with its pair
    this.front = null; // a pair whose vote is being taken back
    this.current = null;
    this.shownAt = 0;
    this.lastVote = { at: -Infinity, choice: null, id: null };
    this.say("");
    this.data = null;
    this.root = null; // where the desk stands; null while Streamlit shows it nowhere
    this.closedAt = -Infinity;
    this.build();
    this.onKey = (event) => this.key(event);
  }

  goesOnFor(person) {
    return this.person === person && (this.root !== null || performance.now() - this.closedAt < REMOUNT_MS);
  }

  open(root) {
    if (this.root === root) return;
    if (this.root) this.close();
    this.root = root;
    root.append(this.desk);
    this.sentOnce = false;
    document.addEventListener("keydown", this.onKey, true);
    this.timer = setInterval(() => this.resend(), RESEND_MS);
    if (this.focused) {
      this.focused.focus({ preventScroll: true });
    } else if (!document.activeElement || document.activeElement === document.body || isTab(document.activeElement)) {
      this.desk.focus({ preventScroll: true });
    }
  }

  close() {
    const active = this.desk.getRootNode().activeElement;
    this.focused = this.desk.contains(active) ? active : null;
    document.removeEventListener("keydown", this.onKey, true);
    clearInterval(this.timer);
    this.desk.remove();
    this.root = null;
    this.closedAt = performance.now();
  }

  // --- what comes from the server ---------------------------------------------------------------

  take(data) {
    this.data = data;
    for (const [id, result] of Object.entries(data.results)) this.settle(id, result);
    if (this.outbox.size && !this.sentOnce) this.post();
    this.sentOnce = true;
    this.draw();
  }

  settle(id, result) {
    const action = this.outbox.get(id);
    if (!action) return;
    this.outbox.drop(id);
    if (action.kind === "vote") {
      const voted = this.history.find((vote) => vote.id === id);
      if (voted) performance.measure("vote:saved", { start: voted.at, end: performance.now() });
    }
    if (action.kind === "undo" && this.front?.undo === id) this.front = null;
    if (result.models) {
      this.say(`That was ${result.models[0]} on the left and ${result.models[1]} on the right.`);
    } else if (result.problem || result.note) {
      this.say(result.problem || result.note, !result.ok);
    }
    if (!result.ok && action.kind === "vote") {
      this.history = this.history.filter((vote) => vote.id !== id);
      this.gone.delete(turnOf(action)); // where the server still holds the pair for this person, it comes again
    }
  }

  say(message, wrong = false) {
    this.message = message;
    this.wrong = wrong;
  }

  // --- what the person does -----------------------------------------------------------------------

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.desk.isConnected) return;
    const target = event.composedPath()[0];
    if (isEditable(target)) {
      if (event.key === "Escape" && this.desk.contains(target)) {
        this.desk.focus({ preventScroll: true });
        event.stopPropagation();
      }
      return;
    }
    if (isTab(target) && event.key.startsWith("Arrow")) return;
    if (this.command(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  command(event) {
    const choice = KEYS[event.code];
    if (choice) {
      if (!event.repeat) this.vote(choice, event.shiftKey);
      return true;
    }
    const digit = /^(?:Digit|Numpad)([3-9])$/.exec(event.code);
    if (digit) return this.toggleReason(Number(digit[1]) - 3);
    if (event.shiftKey || event.repeat) return false;
    const commands = {
      s: () => this.skip(), u: () => this.undo(), n: () => this.openNote(), e: () => this.openIdeal(),
      g: () => this.toggleGuidelines(), r: () => this.reveal(),
    };
    const run = commands[event.key.toLowerCase()];
    if (run) run();
    return Boolean(run);
  }

  vote(choice, much = false) {
    const now = performance.now();
    if (now - this.lastVote.at < TWICE_MS) {
      if (choice === this.lastVote.choice && (choice === "left" || choice === "right")) this.muchBetter();
      return;
    }
    if (!this.current || now - this.shownAt < TWICE_MS / 2) return;
    const action = {
      ...this.action("vote"), choice, much,
      seconds: Math.round(now - this.shownAt) / 1000,
      ...this.said(),
    };
    this.history = [...this.history, { id: action.id, pair: this.current, at: now, choice }].slice(-HISTORY);
    this.lastVote = { at: now, choice, id: action.id };
    this.say("");
    this.act(action);
    requestAnimationFrame(() => performance.measure("vote:next", { start: now, end: performance.now() }));
  }

  said() {
    const reasons = [...this.reasons.children].filter((chip) => chip.ariaPressed === "true").map((chip) => chip.value);
    return { reasons, comment: this.note.value, ideal: this.idealText.value };
  }

  keepSaid() {
    if (this.current) this.typed.put({ id: this.current.key, ...this.said() });
  }

  muchBetter() {
    const id = this.lastVote.id;
    this.lastVote = { at: performance.now(), choice: null, id: null };
    if (!id) return;
    this.say("Noted as much better.");
    this.act({ id: newId(), kind: "much", vote: id });
  }

  skip() {
    if (this.current) this.act(this.action("skip"));
  }

  undo() {
    const last = this.history.pop();
    const id = last ? last.id : this.data?.last_vote;
    if (!id || [...this.outbox.values()].some((action) => action.kind === "undo" && action.vote === id)) return;
    const action = { id: newId(), kind: "undo", vote: id };
    if (last && !last.revealed) {
      this.gone.delete(last.pair.key);
      this.front = { ...last.pair, undo: action.id };
    }
    this.say(last?.revealed ? "Taken back. You know who wrote that pair, so it goes to somebody else." : "Taken back.");
    this.lastVote = { at: -Infinity, choice: null, id: null };
    this.act(action);
  }

  reveal() {
    const last = this.history.at(-1);
    const id = last ? last.id : this.data?.last_vote;
    if (!id || this.data.settings.reveal !== "after") return;
    if (last) last.revealed = true;
    this.act({ id: newId(), kind: "reveal", vote: id });
  }

  unskip() {
    this.gone.clear();
    this.act({ id: newId(), kind: "unskip" });
  }

  action(kind) {
    return { id: newId(), kind, pair: this.current.pair, occasion: this.current.occasion };
  }

  act(action) {
    if (action.pair) {
      this.gone.add(turnOf(action));
      if (this.front?.key === turnOf(action)) this.front = null;
    }
    this.outbox.put(action);
    this.draw();
    this.post();
  }

  post() {
    this.postedAt = performance.now();
    this.send?.([...this.outbox.values()]);
  }

  resend() {
    if (!this.outbox.size || performance.now() - this.postedAt < RESEND_MS) return;
    // A value that did not change is not sent; the count of tries changes it.
    for (const action of this.outbox.values()) action.tries = (action.tries ?? 0) + 1;
    this.post();
    this.drawState();
  }

  // --- what is drawn ------------------------------------------------------------------------------

  build() {
    this.desk = element("section", { className: "desk", tabIndex: -1, ariaLabel: "Voting" });
    this.counter = element("p", { className: "counter" });
    this.state = element("p", { className: "state", role: "status" });
    this.prompt = textCard("Prompt", "prompt");
    this.left = textCard("Left response", "response");
    this.right = textCard("Right response", "response");
    const sides = element("div", { className: "sides" }, this.left.card, this.right.card);
    this.choices = element("div", { className: "choices" },
      this.choice("left", "Left is better", "← 1", "main"), this.choice("tie", "About the same", "↓"),
      this.choice("both_bad", "Both are bad", "0"), this.choice("right", "Right is better", "→ 2", "main"));
    this.reasons = element("div", { className: "reasons", role: "group", ariaLabel: "Reasons, optional" });
    this.note = element("textarea", { className: "note", rows: 2, hidden: true, maxLength: 5000,
      ariaLabel: "Note on this pair", placeholder: "A note on this pair. It goes with your vote; Esc leaves the field." });
    this.ideal = this.buildIdeal();
    for (const field of [this.note, this.idealText]) field.addEventListener("input", () => this.keepSaid());
    this.guidelines = element("div", { className: "guidelines", hidden: true });
    this.foot = element("div", { className: "foot" },
      this.tool("skip", "Skip", "S", () => this.skip()), this.tool("undo", "Undo", "U", () => this.undo()),
      this.tool("note", "Note", "N", () => this.openNote()),
      this.tool("ideal", "Write the ideal answer", "E", () => this.openIdeal()),
      this.tool("reveal", "Who wrote the last pair?", "R", () => this.reveal()),
      this.tool("guidelines", "Guidelines", "G", () => this.toggleGuidelines()));
    this.hint = element("p", { className: "hint",
      textContent: "Twice, or with Shift: much better. You vote blind: the sides are drawn by lot." });
    this.pairBox = element("div", { className: "pair" },
      this.prompt.card, sides, this.reasons, this.note, this.ideal, this.choices);
    this.empty = element("div", { className: "empty", hidden: true });
    const bar = element("div", { className: "bar" }, this.counter, this.state);
    this.desk.append(bar, this.guidelines, this.pairBox, this.empty, this.foot, this.hint);
  }

  buildIdeal() {
    this.idealText = element("textarea", { rows: 5, maxLength: 20000, ariaLabel: "Ideal answer" });
    const fill = (label, side) => button(label, () => {
      this.idealText.value = this.current?.[side] ?? "";
      this.keepSaid();
      this.idealText.focus();
    }, "small");
    return element("div", { className: "ideal", hidden: true },
      element("p", { className: "label",
        textContent: "The ideal answer. With your vote it becomes a draft in step 1; leave it empty to send none." }),
      element("div", { className: "fill" },
        fill("Start from the left", "left"), fill("Start from the right", "right")),
      this.idealText);
  }

  choice(name, label, keys, kind = "") {
    const made = button(label, () => this.vote(name), `choice ${kind}`, keys);
    made.dataset.choice = name;
    return made;
  }

  tool(name, label, keys, run) {
    const made = button(label, run, "tool", keys);
    made.dataset.tool = name;
    return made;
  }

  draw() {
    const waiting = this.data.pairs.filter((pair) => !this.gone.has(pair.key));
    const next = this.front ?? waiting[0] ?? null;
    this.drawReasons();
    if (next?.key !== this.current?.key || !next) {
      if (this.takenAway()) this.say("The pair that stood here has its votes by now, or is with somebody else.", true);
      this.show(next);
    }
    this.drawEmpty(next, waiting);
    this.drawGuidelines();
    this.drawState();
    this.foot.querySelector("[data-tool=reveal]").hidden = this.data.settings.reveal !== "after";
    this.foot.querySelector("[data-tool=undo]").disabled = !this.history.length && !this.data.last_vote;
    this.foot.querySelector("[data-tool=reveal]").disabled = !this.history.length && !this.data.last_vote;
    for (const name of ["skip", "note", "ideal"]) this.foot.querySelector(`[data-tool=${name}]`).disabled = !next;
  }

  takenAway() {
    const { current } = this;
    return current && !this.front && !this.gone.has(current.key) && !this.data.pairs.some((pair) => pair.key === current.key);
  }

  show(pair) {
    const following = this.current !== null;
    this.current = pair;
    this.desk.dataset.pair = pair?.key ?? "";
    this.pairBox.hidden = !pair;
    this.hint.hidden = !pair;
    const said = this.typed.get(pair?.key) ?? { reasons: [], comment: "", ideal: "" };
    this.note.value = said.comment;
    this.idealText.value = said.ideal;
    this.note.hidden = !said.comment;
    this.ideal.hidden = !said.ideal;
    for (const chip of this.reasons.children) chip.ariaPressed = String(said.reasons.includes(chip.value));
    if (!pair) return;
    for (const [side, text] of [[this.prompt, pair.prompt], [this.left, pair.left], [this.right, pair.right]]) {
      side.text.textContent = text;
      side.text.classList.toggle("blank", !text.trim());
      side.text.scrollTop = 0;
    }
    // On a small screen the vote may have been given far below the prompt.
    if (following && this.desk.getBoundingClientRect().top < 0) this.desk.scrollIntoView();
    this.shownAt = performance.now();
  }

  drawEmpty(next, waiting) {
    const busy = !next && (this.outbox.size > 0 || this.data.ahead > 0 || waiting.length > 0);
    this.empty.hidden = Boolean(next);
    if (next) return;
    const parts = [];
    if (busy) {
      const late = [...this.outbox.values()].some((action) => action.tries);
      parts.push(element("p", { textContent: late
        ? "The server does not answer, so there is no next pair. Your votes are kept here and sent again."
        : "Fetching the next pairs …" }));
    } else if (this.data.skipped) {
      parts.push(element("p", { textContent: `No other pair waits for you; you skipped ${this.data.skipped}.` }),
        button("Show the skipped ones", () => this.unskip(), "small"));
    } else {
      parts.push(element("p", { className: "title", textContent: "Nothing waits for you" }),
        element("p", { textContent: "Every pair has the votes it needs, or is with somebody else just now. Thank you." }),
        button("Look again", () => this.act({ id: newId(), kind: "look" }), "small"));
    }
    this.empty.replaceChildren(...parts);
  }

  drawReasons() {
    const names = this.data.settings.ask_reasons ? this.data.settings.reasons : [];
    if (this.drawnReasons === names.join("\n")) return;
    this.drawnReasons = names.join("\n");
    this.reasons.replaceChildren(...names.map((name, index) => {
      const chip = button(name, () => this.toggleReason(index), "reason", String(index + 3));
      chip.value = name;
      chip.ariaPressed = "false";
      return chip;
    }));
    this.reasons.hidden = !names.length;
  }

  drawGuidelines() {
    const text = this.data.settings.guidelines;
    this.guidelines.textContent = text;
    this.foot.querySelector("[data-tool=guidelines]").hidden = !text;
    if (!text) this.guidelines.hidden = true;
  }

  drawState() {
    const votes = [...this.outbox.values()].filter((action) => action.kind === "vote");
    const late = [...this.outbox.values()].some((action) => action.tries);
    const { done, today, seconds_per_vote: pace } = this.data;
    const ahead = Math.max(0, this.data.ahead - votes.length);
    this.counter.textContent = [
      `${done + votes.length} by you, ${today + votes.length} today`,
      `${ahead} ahead of you`,
      pace ? `${pace < 10 ? pace.toFixed(1) : Math.round(pace)} s per vote` : "",
      pace && ahead > 4 ? `about ${Math.max(1, Math.round((ahead * pace) / 60))} min to go` : "",
    ].filter(Boolean).join(" · ");
    const saving = late ? "The server does not answer; your votes are kept and sent again."
      : this.outbox.size ? "Saving …" : this.history.length ? "Saved." : "";
    this.state.textContent = [this.message, saving].filter(Boolean).join(" ");
    this.state.classList.toggle("wrong", late || this.wrong);
    this.state.dataset.unsaved = String(this.outbox.size);
  }

  toggleReason(index) {
    const chip = this.reasons.children[index];
    if (chip && this.current) {
      chip.ariaPressed = chip.ariaPressed === "true" ? "false" : "true";
      this.keepSaid();
    }
    return Boolean(chip);
  }

  openNote() {
    if (!this.current) return;
    this.note.hidden = false;
    this.note.focus();
  }

  openIdeal() {
    if (!this.current) return;
    this.ideal.hidden = false;
    this.idealText.focus();
  }

  toggleGuidelines() {
    if (this.data.settings.guidelines) this.guidelines.hidden = !this.guidelines.hidden;
  }
}

function turnOf(action) {
  return `${action.pair}:${action.occasion}`;
}

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(10))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function isEditable(target) {
  return target instanceof Element && (target.matches("input, textarea, select") || target.isContentEditable);
}

function isTab(target) {
  return target instanceof Element && target.matches("[role=tab]");
}

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "role") made.setAttribute("role", value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

function button(label, run, className, keys = "") {
  const made = element("button", { type: "button", className }, element("span", { textContent: label }));
  for (const key of keys.split(" ").filter(Boolean)) made.append(element("kbd", { textContent: key, ariaHidden: "true" }));
  made.addEventListener("click", (event) => {
    run();
    // The key that follows belongs to the desk, not to the button: Space would press it again.
    if (event.detail > 0 && document.activeElement?.shadowRoot?.activeElement === made) made.blur();
  });
  return made;
}

function textCard(label, className) {
  const text = element("div", { className: "text", dir: "auto", tabIndex: 0 });
  return { text, card: element("article", { className: `card ${className}` },
    element("p", { className: "label", textContent: label }), text) };
}
