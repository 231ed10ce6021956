// Puts a state on the page: `draw` whenever one came, `drawRunning` in every frame.
const $ = (id) => document.getElementById(id);
const MARKS = { ok: "✓", short: "↓", long: "↑", unsure: "?" };
const PHASES = { waiting: "ready", rising: "up", holding: "hold", lowering: "down" };
const HOLD_MOST_MS = 20000; // the sensor forgets a hold then
const OVER_MS = 400; // so late a hold's end may be known: sooner it is not called too long
const EMPTY_MV = 3300;
const FULL_MV = 4150;
const text = (id, value) => { if ($(id).textContent !== value) $(id).textContent = value; };

export function draw(state, index, seen, pick) {
  const one = state.lanes[index];
  drawLanes(state.lanes, index, seen.picked, pick);
  drawLink(one, seen.connected);
  drawBattery(one);
  const shownRep = one.phase === "waiting" && one.rest_ms !== null ? lastSetReps(one) : one.rep;
  text("who", called(one, index, state.lanes));
  text("which", one.lifter ? one.name : one.plan.name);
  text("rep", String(shownRep));
  text("goal", `of ${one.plan.reps[0]}-${one.plan.reps[1]} reps`);
  text("set", one.rest_ms !== null && one.phase === "waiting" ? `Set ${one.sets_ended} done` : `Set ${one.sets_ended + 1}`);
  drawReps(one);
  drawSets(one, one.plan);
}

function lastSetReps(one) {
  const last = one.reps.at(-1);
  return last ? one.reps.filter((rep) => rep.set === last.set).length : 0;
}

function drawLanes(lanes, index, picked, pick) {
  $("lanes").hidden = lanes.length < 2;
  if (lanes.length < 2) return;
  $("lanes").replaceChildren(...lanes.map((one, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(i === index));
    button.className = one.link;
    button.textContent = `${called(one, i, lanes)}${i === picked ? " (held)" : ""}`;
    button.title = i === picked ? "Shown until you click again" : "Show this sensor only";
    button.onclick = () => pick(i);
    return button;
  }));
}

// Two sensors of one name are told apart by the end of their ids.
function called(one, i, lanes) {
  const name = one.lifter || one.name || `sensor ${i + 1}`;
  const alike = lanes.filter((other) => other.lifter === one.lifter && other.name === one.name).length > 1;
  return alike && one.id ? `${name} ${one.id.slice(-4)}` : name;
}

function drawLink(one, connected) {
  const state = connected ? one.link : "away";
  const words = { connected: "connected", looking: "looking for the sensor", lost: "sensor lost, trying again" };
  $("link").className = `pill ${state}`;
  text("link-text", words[state] ?? "no connection to the computer");
  const notice = state === "away" ? "The computer does not answer. This page tries again by itself; the sensor counts on."
    : state === "lost" ? `${one.note}. The sensor counts on and keeps every set.`
    : one.battery_low ? "The sensor's battery is low: charge it before you train." : "";
  $("notice").hidden = !notice;
  text("notice", notice);
  document.body.classList.toggle("away", state !== "connected");
}

function drawBattery(one) {
  $("battery").hidden = !one.battery_mv;
  if (!one.battery_mv) return;
  const full = Math.max(0, Math.min(1, (one.battery_mv - EMPTY_MV) / (FULL_MV - EMPTY_MV)));
  $("battery").classList.toggle("low", one.battery_low);
  $("charge").setAttribute("width", String(17 * full));
  text("battery-text", `${Math.round(full * 100)} %${one.battery_low ? " low" : ""}`);
}

function drawReps(one) {
  const last = one.reps.at(-1);
  const reps = last ? one.reps.filter((rep) => rep.set === last.set) : [];
  $("no-reps").hidden = reps.length > 0;
  $("reps").replaceChildren(...reps.map((rep) => {
    const item = document.createElement("li");
    item.className = rep.verdict;
    for (const [name, value] of [
      ["n", String(rep.rep)],
      ["s", `${(rep.hold_ms / 1000).toFixed(2)} s`],
      ["v", `${MARKS[rep.verdict]} ${rep.verdict}`],
      ["f", rep.flags.join(", ")],
    ]) {
      const part = document.createElement("span");
      part.className = name;
      part.textContent = value;
      item.append(part);
    }
    item.title = `+- ${(rep.err_ms / 1000).toFixed(2)} s, range ${(rep.rom_mm / 10).toFixed(0)} cm`;
    return item;
  }));
}

function drawSets(one, plan) {
  const numbers = [...new Set(one.reps.map((rep) => rep.set))];
  $("sets").replaceChildren(...numbers.map((number, i) => {
    const reps = one.reps.filter((rep) => rep.set === number);
    const ok = reps.filter((rep) => rep.verdict === "ok").length;
    const mean = reps.reduce((sum, rep) => sum + rep.hold_ms, 0) / reps.length / 1000;
    const item = document.createElement("li");
    const name = document.createElement("strong");
    name.textContent = `Set ${i + 1}`;
    const enough = i >= one.sets_ended || (reps.length >= plan.reps[0] && reps.length <= plan.reps[1]);
    item.append(name, ` ${reps.length} reps${enough ? "" : ` (plan ${plan.reps.join("-")})`}, ${ok} ok, mean hold ${mean.toFixed(1)} s`);
    return item;
  }));
}

// Without a connection a hold stands still, but a rest goes on.
export function drawRunning(one, elapsedMs, connected, restS) {
  const plan = one.plan;
  const runs = one.phase === "holding" && connected;
  const hold_ms = Math.min(HOLD_MOST_MS, one.hold_ms + (runs ? elapsedMs * one.speed : 0));
  const rest_ms = one.rest_ms === null ? null : one.rest_ms + elapsedMs * one.speed;
  const resting = rest_ms !== null && one.phase === "waiting";
  text("rest", rest_ms === null ? "-" : clock(rest_ms));
  if (resting) drawDial("rest", clock(rest_ms), "rest", `of ${clock(restS * 1000)}`, rest_ms / restS / 1000, 0);
  else {
    const [least, most] = [one.target_ms, Math.max(plan.hold_ms[1], one.target_ms + 1)];
    const mood = hold_ms < least ? "under" : hold_ms > most + OVER_MS ? "over" : "reached";
    const more = Math.max(0, Math.min(1, (hold_ms - least) / (most - least)));
    drawDial(`${mood} ${one.phase}`, (hold_ms / 1000).toFixed(1), PHASES[one.phase], `hold ${least / 1000}-${most / 1000} s`, hold_ms / least, more);
  }
  return { hold_ms, rest_ms };
}

function drawDial(mood, number, over, under, share, more) {
  if ($("ring").dataset.mood !== mood) $("ring").dataset.mood = document.body.dataset.mood = mood;
  text("hold", number);
  text("phase", over);
  text("target", under);
  $("fill").setAttribute("stroke-dasharray", `${(100 * Math.min(1, share)).toFixed(2)} 200`);
  $("more").setAttribute("stroke-dasharray", `${(100 * more).toFixed(2)} 200`);
}

function clock(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}
