// Small words and shapes that the page and the board share.
export const MARKS = { ok: "✓", short: "↓", long: "↑", unsure: "?" };
export const HOLD_MOST_MS = 20000; // the sensor forgets a hold then
export const OVER_MS = 400; // a hold's end is known this late: sooner it is not called too long

export function clock(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

export const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

export const loadText = (load) => (load ? `${Number(load.amount.toFixed(2))} ${load.unit}` : "");

// Two sensors of one name are told apart by the end of their ids.
export function called(sensor, index, sensors) {
  const name = sensor.now.lifter || sensor.name || `sensor ${index + 1}`;
  const alike = sensors.filter((other) => other.now.lifter === sensor.now.lifter && other.name === sensor.name).length > 1;
  return alike && sensor.id ? `${name} ${sensor.id.slice(-4)}` : name;
}

export function phaseText(sensor) {
  if (sensor.phase !== "waiting") return { rising: "up", holding: "hold", lowering: "down" }[sensor.phase];
  return sensor.rep ? `ready for rep ${sensor.rep + 1}` : `ready for set ${sensor.sets_done + 1}`;
}

// How far a hold has come: its time, which side of the window it is on, and whether it runs.
export function running(sensor, elapsedMs, connected) {
  const runs = sensor.phase === "holding" && connected;
  const holdMs = Math.min(HOLD_MOST_MS, sensor.hold_ms + (runs ? elapsedMs * sensor.speed : 0));
  const restMs = sensor.rest_ms === null ? null : sensor.rest_ms + elapsedMs * sensor.speed;
  const [least, most] = [sensor.target_ms, Math.max(sensor.plan.hold_ms[1], sensor.target_ms + 1)];
  const mood = holdMs < least ? "under" : holdMs > most + OVER_MS ? "over" : "reached";
  return { holdMs, restMs, least, most, mood, resting: restMs !== null && sensor.phase === "waiting" };
}

export function newestText(sensor) {
  const rep = sensor.reps.at(-1);
  if (!rep) return { verdict: "", text: "No rep yet" };
  const flags = rep.flags.length ? `, ${rep.flags.join(", ")}` : "";
  return { verdict: rep.verdict, text: `Rep ${rep.rep}: ${(rep.hold_ms / 1000).toFixed(2)} s ${MARKS[rep.verdict]} ${rep.verdict}${flags}` };
}

export function make(name, className, text = "") {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}
