// The last sessions, from the store.
const $ = (id) => document.getElementById(id);
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

const UNDER_WAY_MS = 30 * 60 * 1000;

const isUnderWay = (one) => Date.now() - new Date(one.end) < UNDER_WAY_MS;

function row(one) {
  const item = document.createElement("li");
  const at = new Date(one.start);
  const [mark, verdict] = one.met ? ["met", "✓ plan met"] : isUnderWay(one) ? ["on", "under way"] : ["not-met", "✗ not met"];
  const parts = [
    ["when", `${one.estimated ? "~" : ""}${day.format(at)}, ${time.format(at)}`],
    ["whose", one.who],
    ["what", `${one.sets} × ${(one.reps / Math.max(one.sets, 1)).toFixed(0)} reps, ${one.ok} of ${one.reps} ok`],
    [mark, verdict],
  ];
  for (const [name, text] of parts) {
    const part = document.createElement("span");
    part.className = name;
    part.textContent = text;
    item.append(part);
  }
  return item;
}

export async function showHistory() {
  try {
    const answer = await fetch("/history");
    if (!answer.ok) return;
    const rows = await answer.json();
    $("past").replaceChildren(...rows.map(row));
    $("no-past").hidden = rows.length > 0;
  } catch {
    // the server is away; the next connection asks again
  }
}
