// Puts a state on the page: `draw` whenever one came, `drawRunning` in every frame.
import { MARKS, called, clock, loadText, make, newestText, phaseText, running } from "./words.js";

const $ = (id) => document.getElementById(id);
const EMPTY_MV = 3300;
const FULL_MV = 4150;
const text = (id, value) => { if ($(id).textContent !== value) $(id).textContent = value; };

export function draw(state, index, { picked, connected }, pick) {
  const sensor = state.sensors[index];
  drawTabs(state.sensors, index, picked, pick);
  drawLink(sensor, connected);
  drawBattery(sensor);
  text("who", called(sensor, index, state.sensors));
  text("which", sensor.now.lifter ? sensor.name : sensor.plan.name);
  const resting = sensor.phase === "waiting" && sensor.rest_ms !== null;
  text("rep", String(resting ? sensor.reps_done : sensor.rep));
  text("goal", `of ${sensor.plan.reps[0]}-${sensor.plan.reps[1]} reps`);
  text("set", resting ? `Set ${sensor.sets_done} done` : `Set ${sensor.sets_done + 1}`);
  drawReps(sensor);
}

function lastSetReps(sensor) {
  const last = sensor.reps.at(-1);
  return last ? sensor.reps.filter((rep) => rep.set === last.set) : [];
}

function drawTabs(sensors, index, picked, pick) {
  $("sensors").hidden = sensors.length < 2;
  if (sensors.length < 2) return;
  $("sensors").replaceChildren(...sensors.map((sensor, i) => {
    const button = make("button", sensor.link, `${called(sensor, i, sensors)}${i === picked ? " (stays)" : ""}`);
    button.type = "button";
    button.setAttribute("aria-pressed", String(i === index));
    button.title = i === picked ? "Shown until you click again" : "Show this sensor only";
    button.onclick = () => pick(i);
    return button;
  }));
}

function drawLink(sensor, connected) {
  const state = connected ? sensor.link : "away";
  const words = { connected: "connected", looking: "looking for the sensor", lost: "sensor lost, trying again" };
  $("link").className = `pill ${state}`;
  text("link-text", words[state] ?? "no connection to the computer");
  const notice = state === "away" ? "The computer does not answer. This page tries again by itself; the sensor counts on."
    : state === "lost" ? `${sensor.note}. The sensor counts on and keeps every set.`
    : sensor.battery_low ? "The sensor's battery is low: charge it before you train." : "";
  $("notice").hidden = !notice;
  text("notice", notice);
  document.body.classList.toggle("away", state !== "connected");
}

function drawBattery(sensor) {
  $("battery").hidden = !sensor.battery_mv;
  if (!sensor.battery_mv) return;
  const full = Math.max(0, Math.min(1, (sensor.battery_mv - EMPTY_MV) / (FULL_MV - EMPTY_MV)));
  $("battery").classList.toggle("low", sensor.battery_low);
  $("charge").setAttribute("width", String(17 * full));
  text("battery-text", `${Math.round(full * 100)} %${sensor.battery_low ? " low" : ""}`);
}

// The newest rep comes first, so that it is in sight wherever the list is cut off.
function drawReps(sensor) {
  const reps = lastSetReps(sensor).reverse();
  $("no-reps").hidden = reps.length > 0;
  $("reps").replaceChildren(...reps.map((rep) => {
    const item = make("li", rep.verdict);
    item.append(
      make("span", "n", String(rep.rep)),
      make("span", "s", `${(rep.hold_ms / 1000).toFixed(2)} s`),
      make("span", "v", `${MARKS[rep.verdict]} ${rep.verdict}`),
      make("span", "f", rep.flags.join(", ")),
    );
    item.title = `+- ${(rep.err_ms / 1000).toFixed(2)} s, range ${(rep.rom_mm / 10).toFixed(0)} cm`;
    return item;
  }));
  const newest = newestText(sensor);
  $("newest").className = `newest ${newest.verdict}`;
  text("newest", newest.text);
}

// Without a connection a hold stands still, but a rest goes on.
export function drawRunning(sensor, elapsedMs, connected, restS) {
  const { holdMs, restMs, least, most, mood, resting } = running(sensor, elapsedMs, connected);
  text("rest", restMs === null ? "-" : clock(restMs));
  const load = loadText(sensor.now.load);
  $("bar-load").hidden = !load;
  text("bar-load", `${load}${sensor.now.warm_up ? ", warm-up" : ""}`);
  if (resting) drawDial("rest", clock(restMs), "rest", `of ${clock(restS * 1000)}`, restMs / restS / 1000, 0);
  else {
    const more = Math.max(0, Math.min(1, (holdMs - least) / (most - least)));
    const window = `hold ${least / 1000}-${most / 1000} s`;
    drawDial(`${mood} ${sensor.phase}`, (holdMs / 1000).toFixed(1), phaseText(sensor), window, holdMs / least, more);
  }
  return { holdMs, restMs };
}

function drawDial(mood, number, over, under, share, more) {
  if ($("ring").dataset.mood !== mood) $("ring").dataset.mood = document.body.dataset.mood = mood;
  text("hold", number);
  text("phase", over);
  text("target", under);
  $("fill").setAttribute("stroke-dasharray", `${(100 * Math.min(1, share)).toFixed(2)} 200`);
  $("more").setAttribute("stroke-dasharray", `${(100 * more).toFixed(2)} 200`);
}
