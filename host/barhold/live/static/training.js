// What is stored: finished sets, the week, the last sessions.
import { openSetBox } from "./controls.js";
import { loadText, make, plural } from "./words.js";

const $ = (id) => document.getElementById(id);
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const UNDER_WAY_MS = 30 * 60 * 1000;

export const training = { lifters: [], sets: [], sessions: [], week: [], undo: null };
let drawn = null;

export async function loadTraining() {
  try {
    const answer = await fetch("/training");
    if (answer.ok) Object.assign(training, await answer.json());
  } catch {
    // the server is away; the next connection asks again
  }
}

export function drawTraining() {
  const now = JSON.stringify(training);
  if (now === drawn) return;
  drawn = now;
  $("sets").replaceChildren(...training.sets.map(setRow));
  $("no-sets").hidden = training.sets.length > 0;
  $("undo").hidden = !training.undo;
  $("undo").textContent = training.undo ? `Undo: ${training.undo.text}` : "";
  $("week").replaceChildren(...training.week.map(weekRow));
  $("no-week").hidden = training.week.length > 0;
  $("past").replaceChildren(...training.sessions.map(sessionRow));
  $("no-past").hidden = training.sessions.length > 0;
}

// When a set began, as its row says it.
export function whenText(item) {
  const at = new Date(item.start);
  return Date.now() - at < 20 * 3600 * 1000 ? time.format(at) : day.format(at);
}

function setRow(item) {
  const row = make("li", item.warm_up ? "warm-up" : "");
  const button = make("button", "set-row");
  button.type = "button";
  const what = [plural(item.reps, "rep"), `${item.ok} ok`, loadText(item.load), item.warm_up ? "warm-up" : "", item.note];
  button.append(make("strong", "", item.who), make("span", "when", whenText(item)), make("span", "what", what.filter(Boolean).join(", ")));
  button.onclick = () => openSetBox(item.id);
  row.append(button);
  return row;
}

function weekRow(row) {
  const item = make("li", `state-${row.state}`);
  const change = row.load_change ? ` (${row.load_change > 0 ? "+" : ""}${row.load_change})` : "";
  const done = row.sessions
    ? [plural(row.sets, "set"), plural(row.reps, "rep"), `${Math.round(100 * row.ok_share)} % in the window`, row.load ? loadText(row.load) + change : ""]
    : [];
  const due = row.due_from ? dueText(new Date(row.due_from), new Date(row.due_until)) : "";
  const last = row.last ? `last ${day.format(new Date(row.last))}` : "no session yet";
  item.append(
    make("strong", "name", row.name),
    make("span", "state", row.state),
    make("span", "what", [`${row.sessions} of ${plural(row.planned, "session")}`, ...done].filter(Boolean).join(", ")),
    make("span", "what", [last, due].filter(Boolean).join(", ")),
  );
  return item;
}

function dueText(from, until) {
  const [first, last] = [weekday.format(from), weekday.format(until)];
  const days = first === last ? first : `${first} to ${last}`;
  return until < Date.now() ? `was due by ${day.format(until)}` : `next due ${days}`;
}

function sessionRow(session) {
  const item = make("li", "");
  const at = new Date(session.start);
  const isUnderWay = Date.now() - new Date(session.end) < UNDER_WAY_MS;
  const [mark, verdict] = session.met ? ["met", "✓ plan met"] : isUnderWay ? ["on", "under way"] : ["not-met", "✗ not met"];
  const each = (session.reps / Math.max(session.sets, 1)).toFixed(0);
  item.append(
    make("span", "when", `${session.estimated ? "~" : ""}${day.format(at)}, ${time.format(at)}`),
    make("span", "whose", session.who),
    make("span", "what", `${session.sets} × ${each} reps, ${session.ok} of ${session.reps} ok`),
    make("span", mark, verdict),
  );
  return item;
}
