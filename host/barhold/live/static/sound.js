// Sounds that differ in pitch, shape and direction, so that each is told from the other under music.
import { settings } from "./settings.js";

// name: notes of [Hz, start s, length s], wave
const SOUNDS = {
  tick: { wave: "sine", gain: 0.35, notes: [[660, 0, 0.05]] },
  target: { wave: "square", gain: 0.8, notes: [[1175, 0, 0.11], [1760, 0.12, 0.2]] },
  last: { wave: "square", gain: 0.8, notes: [[1175, 0, 0.1], [1480, 0.11, 0.1], [1760, 0.22, 0.1], [2350, 0.33, 0.3]] },
  end: { wave: "sawtooth", gain: 0.8, notes: [[880, 0, 0.22], [587, 0.24, 0.22], [440, 0.48, 0.45]] },
  rest: { wave: "triangle", gain: 1, notes: [[988, 0, 0.16], [988, 0.26, 0.16], [988, 0.52, 0.16]] },
};

let context = null;
let out = null;

function open() {
  context = new AudioContext();
  const press = context.createDynamicsCompressor(); // loud without clipping when two meet
  out = context.createGain();
  out.connect(press).connect(context.destination);
}

function note(wave, gain, [hz, start, length]) {
  const at = context.currentTime + start;
  const voice = context.createOscillator();
  const shape = context.createGain();
  voice.type = wave;
  voice.frequency.value = hz;
  shape.gain.setValueAtTime(0, at);
  shape.gain.linearRampToValueAtTime(gain, at + 0.008);
  shape.gain.setValueAtTime(gain, at + length - 0.02);
  shape.gain.linearRampToValueAtTime(0, at + length);
  voice.connect(shape).connect(out);
  voice.start(at);
  voice.stop(at + length + 0.02);
}

export const sound = {
  on: false,
  async toggle() {
    if (!context) open();
    this.on = !this.on;
    await (this.on ? context.resume() : context.suspend());
    if (this.on) this.play("target");
  },
  wake() {
    if (this.on) context.resume(); // a phone may have put it to sleep with the screen
  },
  play(name) {
    if (!this.on || !context) return;
    if (name !== "tick") navigator.vibrate?.(name === "end" ? [200, 100, 200] : 120);
    out.gain.value = settings.volume / 100;
    const { wave, gain, notes } = SOUNDS[name];
    for (const each of notes) note(wave, gain, each);
  },
};
