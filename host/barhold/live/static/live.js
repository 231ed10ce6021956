// Connects to the server, keeps the newest state, draws it. What the server says always wins over what runs on here.
import { draw, drawRunning } from "./draw.js";
import { showHistory } from "./history.js";
import { settings, wireSettings } from "./settings.js";
import { sound } from "./sound.js";

const STALE_MS = 9000; // twice the server's beat and a little
const $ = (id) => document.getElementById(id);
const seen = { state: null, atMs: 0, picked: null, followed: 0, connected: false };
let events = null;
let again = 0;

function connect() {
  clearTimeout(again);
  events?.close();
  events = new EventSource("/events");
  events.onmessage = (message) => take(JSON.parse(message.data));
  events.onerror = () => {
    seen.connected = false;
    redraw();
    // A dropped stream comes back by itself; a refused one (server away, too many pages) must be opened anew.
    if (events.readyState === EventSource.CLOSED) again = setTimeout(connect, 2000);
  };
}

function take(state) {
  const before = seen.state;
  const fresh = before && before.run === state.run && performance.now() - seen.atMs < STALE_MS;
  seen.state = state;
  seen.atMs = performance.now();
  seen.connected = true;
  follow(state);
  if (fresh) cues(before.lanes[lane()], state.lanes[lane()]);
  redraw();
  if (!before || before.run !== state.run || kept(before) !== kept(state)) showHistory();
  window.dispatchEvent(new CustomEvent("barhold", { detail: state }));
}

const kept = (state) => state.lanes.map((one) => one.kept).join();
const lane = () => Math.min(seen.picked ?? seen.followed, seen.state.lanes.length - 1);

// Without a choice the page shows the sensor that moved last.
function follow(state) {
  const moving = state.lanes.findIndex((one) => one.phase !== "waiting");
  const current = state.lanes[seen.followed];
  if (moving >= 0 && (!current || current.phase === "waiting")) seen.followed = moving;
}

function cues(before, now) {
  if (!before || !now) return;
  if (now.targets > before.targets) {
    const last = now.rep >= settings.lastRep;
    sound.play(last ? "last" : "target");
    say(last ? `Target reached: rep ${now.rep}, the last` : "Target reached");
  }
  if (now.sets_ended > before.sets_ended) {
    sound.play("end");
    say("Set ended: rest");
  }
}

let saying = 0;
function say(text) {
  $("cue").textContent = text;
  clearTimeout(saying);
  saying = setTimeout(() => { $("cue").textContent = ""; }, 2500);
}

function redraw() {
  if (seen.state) draw(seen.state, lane(), seen, pick);
  else $("link-text").textContent = "no connection to the computer";
}

function pick(index) {
  seen.picked = index === seen.picked ? null : index;
  redraw();
}

let ticked = 0;
let rested = false;
function frame() {
  if (seen.state) {
    const stale = performance.now() - seen.atMs > STALE_MS;
    if (stale && seen.connected) {
      seen.connected = false;
      redraw();
      connect();
    }
    const one = seen.state.lanes[lane()];
    const shown = drawRunning(one, performance.now() - seen.atMs, seen.connected, settings.restS);
    const second = one.phase === "holding" ? Math.floor(shown.hold_ms / 1000) : 0;
    if (second > ticked && second * 1000 < one.target_ms && settings.ticks) sound.play("tick");
    ticked = second;
    const over = shown.rest_ms !== null && shown.rest_ms >= settings.restS * 1000;
    if (over && !rested && shown.rest_ms < settings.restS * 1000 + 3000) {
      sound.play("rest");
      say("Rest is over");
    }
    rested = over;
  }
  requestAnimationFrame(frame);
}

async function showPhone() {
  const answer = await fetch("/phone");
  const address = answer.ok ? await answer.text() : "";
  $("phone-code").hidden = !address;
  if (address) $("phone-code").src = "/phone.svg";
  $("phone-text").textContent = address || "Start the server with `barhold serve --lan`; this box then shows a code to scan.";
  $("phone-box").showModal();
}

$("phone").onclick = showPhone;
$("sound").onclick = async () => {
  await sound.toggle();
  $("sound").setAttribute("aria-pressed", String(sound.on));
  $("sound").textContent = sound.on ? "Sound is on" : "Sound is off";
  stayAwake();
};
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  sound.wake();
  stayAwake();
});

// Browsers give this to encrypted pages alone, so over --lan the phone's own setting counts.
function stayAwake() {
  if (sound.on) navigator.wakeLock?.request("screen").catch(() => {});
}

wireSettings($, sound);
connect();
requestAnimationFrame(frame);
