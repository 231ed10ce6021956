// What this viewer chose; kept in the browser where it allows that.
const KEY = "barhold";
const DEFAULTS = { volume: 80, ticks: true, lastRep: null, restS: null }; // null: as the lifter's plan says

function load() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return { ...DEFAULTS };
  }
}

export const settings = load();

function keep() {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // private windows may refuse: the choice then lasts as long as the page
  }
}

export function wireSettings($, sound) {
  const fields = { volume: "volume", "last-rep": "lastRep", "rest-s": "restS" };
  for (const [id, name] of Object.entries(fields)) {
    $(id).value = settings[name] ?? "";
    $(id).oninput = () => {
      if ($(id).checkValidity()) settings[name] = $(id).value === "" ? DEFAULTS[name] : Number($(id).value);
      keep();
    };
  }
  $("ticks").checked = settings.ticks;
  $("ticks").onchange = () => {
    settings.ticks = $("ticks").checked;
    keep();
  };
  for (const [id, name] of [["try-target", "target"], ["try-last", "last"], ["try-end", "end"]]) {
    $(id).onclick = async () => {
      if (!sound.on) await $("sound").onclick();
      sound.play(name);
    };
  }
  $("settings").onclick = () => $("settings-box").showModal();
}
