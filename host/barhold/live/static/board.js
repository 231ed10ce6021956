// Several sensors side by side, for a screen on the wall.
import { openStream, stream, watchStream } from "./stream.js";
import { called, clock, loadText, newestText, phaseText, running } from "./words.js";

const $ = (id) => document.getElementById(id);
const panels = [];
const set = (element, value) => { if (element.textContent !== value) element.textContent = value; };

function part(panel, name) {
  return panel.querySelector(`.${name}`);
}

function onState() {
  while (panels.length < stream.state.sensors.length) {
    const panel = $("panel").content.firstElementChild.cloneNode(true);
    panels.push(panel);
    $("board").append(panel);
  }
  $("board").dataset.count = String(panels.length);
  redraw();
}

function redraw() {
  $("link").className = `pill ${stream.connected ? "connected" : "away"}`;
  set($("link-text"), stream.connected ? "connected" : "no connection to the computer");
  stream.state?.sensors.forEach((sensor, i) => drawPanel(panels[i], sensor, i));
}

function drawPanel(panel, sensor, i) {
  const away = !stream.connected || sensor.link !== "connected";
  panel.classList.toggle("away", away);
  set(part(panel, "name"), called(sensor, i, stream.state.sensors));
  const next = [loadText(sensor.now.load), sensor.now.warm_up ? "warm-up" : ""].filter(Boolean).join(", ");
  const where = sensor.now.lifter ? sensor.name : "";  // else it is the name above
  const link = { connected: next || where, looking: "looking for the sensor", lost: "sensor lost, trying again" }[sensor.link];
  set(part(panel, "sensor"), link);
  const newest = newestText(sensor);
  part(panel, "newest").className = `newest ${newest.verdict}`;
  set(part(panel, "newest"), newest.text);
}

function drawRunning(panel, sensor) {
  const { holdMs, restMs, least, most, mood, resting } = running(sensor, performance.now() - stream.atMs, stream.connected);
  const restGoalMs = sensor.plan.set_rest_s * 1000;
  panel.dataset.mood = resting ? "rest" : `${mood} ${sensor.phase}`;
  set(part(panel, "rep"), String(resting ? sensor.reps_done : sensor.rep));
  set(part(panel, "goal"), resting ? `reps, set ${sensor.sets_done} done` : `of ${sensor.plan.reps[0]}-${sensor.plan.reps[1]} reps`);
  set(part(panel, "over"), resting ? "rest" : phaseText(sensor));
  set(part(panel, "hold"), resting ? clock(restMs) : (holdMs / 1000).toFixed(1));
  set(part(panel, "under"), resting ? `of ${clock(restGoalMs)}` : `hold ${least / 1000}-${most / 1000} s`);
  const share = resting ? restMs / restGoalMs : holdMs / least;
  part(panel, "fill").setAttribute("stroke-dasharray", `${(100 * Math.min(1, share)).toFixed(2)} 200`);
}

function frame() {
  watchStream(onState, redraw);
  stream.state?.sensors.forEach((sensor, i) => drawRunning(panels[i], sensor));
  requestAnimationFrame(frame);
}

openStream(onState, redraw);
requestAnimationFrame(frame);
