// Keeps the newest state and draws it.
import { drawControls, wireControls } from "./controls.js";
import { draw, drawRunning } from "./draw.js";
import { settings, wireSettings } from "./settings.js";
import { sound } from "./sound.js";
import { openStream, stream, watchStream } from "./stream.js";
import { drawTraining, loadTraining } from "./training.js";

const $ = (id) => document.getElementById(id);
const choice = { picked: null, followed: 0 };

function onState(before, fresh) {
  const { state } = stream;
  follow(state);
  if (fresh) cues(before.sensors[shown()], state.sensors[shown()]);
  redraw();
  if (!before || before.run !== state.run || before.training !== state.training) loadTraining().then(redraw);
}

const shown = () => Math.min(choice.picked ?? choice.followed, stream.state.sensors.length - 1);
const restS = (sensor) => settings.restS ?? sensor.plan.set_rest_s;

// Without a choice the page shows the sensor that moved last.
function follow(state) {
  const moving = state.sensors.findIndex((sensor) => sensor.phase !== "waiting");
  const current = state.sensors[choice.followed];
  if (moving >= 0 && (!current || current.phase === "waiting")) choice.followed = moving;
}

function cues(before, now) {
  if (!before || !now) return;
  if (now.targets > before.targets) {
    const last = now.rep >= (settings.lastRep ?? now.plan.reps[1]);
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
  if (!stream.state) {
    $("link-text").textContent = "no connection to the computer";
    return;
  }
  draw(stream.state, shown(), { picked: choice.picked, connected: stream.connected }, pick);
  drawControls(stream.state.sensors[shown()]);
  drawTraining();
}

function pick(index) {
  choice.picked = index === choice.picked ? null : index;
  redraw();
}

let ticked = 0;
let rested = false;
function frame() {
  watchStream(onState, redraw);
  if (stream.state) {
    const sensor = stream.state.sensors[shown()];
    const now = drawRunning(sensor, performance.now() - stream.atMs, stream.connected, restS(sensor));
    const second = sensor.phase === "holding" ? Math.floor(now.holdMs / 1000) : 0;
    if (second > ticked && second * 1000 < sensor.target_ms && settings.ticks) sound.play("tick");
    ticked = second;
    const restMs = restS(sensor) * 1000;
    const over = now.restMs !== null && now.restMs >= restMs;
    if (over && !rested && now.restMs < restMs + 3000) {
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
wireControls(() => { choice.picked = shown(); }); // whoever enters something means the sensor in sight
openStream(onState, redraw);
requestAnimationFrame(frame);
