// What people enter: whose turn it is, the next set's load, warm-up and note; and the same of a finished set.
import { isSending, onChangeAnswer, send } from "./changes.js";
import { training, whenText } from "./training.js";
import { loadText, make, plural } from "./words.js";

const $ = (id) => document.getElementById(id);
const QUIET_MS = 500; // several taps on + and - are one change
let sensor = null;
let openSet = null; // the id of the set whose box is open

// The value that was tapped last counts until the server tells it back.
const tapped = { next: null, set: null };
const timers = { next: 0, set: 0 };

export function drawControls(shownSensor) {
  if (sensor && sensor.id !== shownSensor.id) flush("next");
  sensor = shownSensor;
  $("next-card").hidden = !sensor.id;
  if (!sensor.id) return;
  if (!timers.next && !isSending()) tapped.next = null;
  $("h-next").textContent = sensor.lifter ? `${sensor.lifter}'s next set` : "Next set: whose turn is it?";
  drawChips($("turns"), sensor.lifter, takeTurn, true);
  drawLoad("next");
  const { warm_up, note } = sensor.next;
  $("warm-up").setAttribute("aria-pressed", String(warm_up));
  $("note").textContent = note ? "Change the note" : "Add a note";
  $("next-note").hidden = !note;
  $("next-note").textContent = note;
  drawSetBox();
}

function drawChips(place, chosen, pick, mayAdd) {
  const names = [...training.lifters, ...(mayAdd ? [null] : [])];
  const key = JSON.stringify([names, chosen]);
  if (place.dataset.key === key) return; // a button must not be replaced while a finger is on it
  place.dataset.key = key;
  place.replaceChildren(...names.map((name) => {
    const button = make("button", "chip", name ?? "New lifter");
    button.type = "button";
    if (name !== null) button.setAttribute("aria-pressed", String(name === chosen));
    button.onclick = () => (name === null ? addLifter() : pick(name));
    return button;
  }));
}

function takeTurn(lifter) {
  flush("next");
  send("/turn", { sensor: sensor.id, lifter, since_seen_ms: sensor.turn_since_ms });
}

function addLifter() {
  ask("New lifter", "Name", "", (name) => { if (name) send("/lifter", { name }); });
}

// --- the load, of the next set or of a finished one ---

const BUTTONS = { next: ["less", "load", "more-load", "type-load"], set: ["set-less", "set-load", "set-more", "set-type-load"] };
const theSet = () => training.sets.find((item) => item.id === openSet);
const known = (which) => loadOf(which) ?? sensor.last_load;
const loadOf = (which) => tapped[which] ?? (which === "next" ? sensor.next.load : theSet()?.load) ?? null;

function drawLoad(which) {
  const [less, middle, more, other] = BUTTONS[which].map($);
  const load = loadOf(which);
  const step = sensor.load_step;
  less.textContent = `-${step}`;
  more.textContent = `+${step}`;
  less.disabled = more.disabled = !known(which);
  middle.textContent = load ? loadText(load) : sensor.last_load ? `Last: ${loadText(sensor.last_load)}` : "Enter load";
  middle.setAttribute("aria-pressed", String(Boolean(load)));
  other.hidden = Boolean(load) || !sensor.last_load; // else the button in the middle asks already
}

function setLoad(which, load) {
  tapped[which] = load;
  clearTimeout(timers[which]);
  timers[which] = setTimeout(() => flush(which), QUIET_MS);
  drawLoad(which);
}

// The big button takes the last load over; where that is done, or there is none, it asks.
function tapLoad(which) {
  if (loadOf(which) || !sensor.last_load) askLoad(which);
  else setLoad(which, sensor.last_load);
}

function changeLoad(which, sign) {
  const from = known(which);
  const amount = from ? from.amount + sign * sensor.load_step : 0;
  if (amount > 0) setLoad(which, { amount, unit: from.unit });
}

function flush(which) {
  if (!timers[which]) return;
  clearTimeout(timers[which]);
  timers[which] = 0;
  say(which, ["load", loadText(tapped[which])]);
}

function say(which, words, onAnswer) {
  if (which === "next") send("/next-set", { sensor: sensor.id, words }, onAnswer);
  else if (openSet) send("/edit", { set: openSet, words }, onAnswer);
  else onAnswer?.(""); // its box was closed since
}

// --- a finished set ---

export function openSetBox(id) {
  openSet = id;
  tapped.set = null;
  drawSetBox();
  $("set-box").showModal();
}

function drawSetBox() {
  if (!openSet) return;
  const item = theSet();
  if (!item) {
    if ($("set-box").open) $("set-box").close();
    return;
  }
  if (!timers.set && !isSending()) tapped.set = null;
  $("set-title").textContent = `${item.who}'s set`;
  $("set-words").textContent = `${plural(item.reps, "rep")}, ${item.ok} ok, mean hold ${item.hold_s.toFixed(1)} s${item.note ? `. ${item.note}` : ""}`;
  drawChips($("set-lifters"), item.lifter, (lifter) => say("set", ["lifter", lifter]), false);
  drawLoad("set");
  $("set-warm-up").setAttribute("aria-pressed", String(item.warm_up));
  $("set-note").textContent = item.note ? "Change the note" : "Add a note";
}

// --- one question in a box ---

// `onAnswer(text, onRefusal)` takes the answer and returns whether the box waits; `onRefusal("")` then closes it.
let answered = () => {};
function ask(title, label, value, onAnswer, inputMode = "text") {
  $("ask-title").textContent = title;
  $("ask-label").textContent = label;
  $("ask-input").value = value;
  $("ask-input").inputMode = inputMode;
  answered = onAnswer;
  refuse("");
  $("ask-box").showModal();
  $("ask-input").select();
}

function refuse(text) {
  $("ask-ok").disabled = false;
  $("ask-error").hidden = !text;
  $("ask-error").textContent = text;
}

function takeAnswer(event) {
  event.preventDefault();
  const question = answered;
  $("ask-ok").disabled = true;
  const waits = question($("ask-input").value.trim(), (text) => {
    if (answered !== question) return; // somebody has closed the box since
    refuse(text);
    if (text) $("ask-input").select();
    else $("ask-box").close();
  });
  if (!waits) $("ask-box").close();
}

const named = (which) => (which === "next" ? "the next set" : `the set of ${whenText(theSet())}`);

function askLoad(which) {
  flush(which);
  const unit = sensor.load_unit;
  ask(`Load of ${named(which)}`, `Bar included, in ${unit} or with its unit`, loadText(known(which)), (typed, onRefusal) => {
    if (typed) say(which, ["load", /[a-z]$/i.test(typed) ? typed : `${typed} ${unit}`], onRefusal);
    return Boolean(typed);
  }, "decimal");
}

function askNote(which, note) {
  ask(`Note of ${named(which)}`, "Note", note ?? "", (text) => say(which, ["note", text]));
}

export function wireControls(onUse) {
  $("next-card").addEventListener("click", onUse, { capture: true });
  for (const [which, [less, middle, more, other]] of Object.entries(BUTTONS)) {
    $(less).onclick = () => changeLoad(which, -1);
    $(more).onclick = () => changeLoad(which, 1);
    $(middle).onclick = () => tapLoad(which);
    $(other).onclick = () => askLoad(which);
  }
  $("warm-up").onclick = () => say("next", [sensor.next.warm_up ? "working" : "warm-up"]);
  $("note").onclick = () => askNote("next", sensor.next.note);
  $("set-warm-up").onclick = () => say("set", [theSet()?.warm_up ? "working" : "warm-up"]);
  $("set-note").onclick = () => askNote("set", theSet()?.note);
  $("set-drop").onclick = () => say("set", ["drop", "all"]);
  $("set-box").onclose = () => {
    flush("set");
    openSet = null;
  };
  $("ask-form").onsubmit = takeAnswer;
  $("ask-box").onclose = () => { answered = null; };
  $("ask-cancel").onclick = () => $("ask-box").close();
  $("undo").onclick = () => training.undo && send("/undo", { edits: training.undo.edits });
  onChangeAnswer((text) => {
    $("told").hidden = !text;
    $("told").textContent = text;
  });
  // A tap on + just before the phone is put away must not be lost.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") ["next", "set"].forEach(flush);
  });
}
