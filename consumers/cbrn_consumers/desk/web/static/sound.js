// Tones by severity, of the browser itself. An exercise sounds lower and otherwise; a lost line falls. By choice only:
// a page may not sound before somebody has pressed something on it, and a duty room may want silence.
const KEY = "desk-sound";
const TONES = { Extreme: [4, 988], Severe: [2, 784], Moderate: [1, 587], Minor: [1, 440], Unknown: [1, 587] };
let context = null;

export function soundIsOn() {
  return localStorage.getItem(KEY) === "on";
}

export function turnSound(on) {
  localStorage.setItem(KEY, on ? "on" : "off");
  if (on) wake();
}

function wake() {
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
  return context;
}

if (soundIsOn()) {
  for (const name of ["pointerdown", "keydown"]) addEventListener(name, () => soundIsOn() && wake(), { once: true });
}

function tone(at, hertz, seconds, kind) {
  const swings = context.createOscillator();
  const loud = context.createGain();
  swings.type = kind;
  swings.frequency.value = hertz;
  loud.gain.setValueAtTime(0.0001, at);
  loud.gain.exponentialRampToValueAtTime(0.3, at + 0.02);
  loud.gain.exponentialRampToValueAtTime(0.0001, at + seconds);
  swings.connect(loud).connect(context.destination);
  swings.start(at);
  swings.stop(at + seconds);
}

/** Sound for a line of this severity. */
export function sound(severity, exercise) {
  if (!soundIsOn()) return;
  const start = wake().currentTime;
  const [times, hertz] = TONES[severity] ?? TONES.Unknown;
  for (let number = 0; number < times; number += 1) {
    if (exercise) tone(start + number * 0.5, number % 2 ? 262 : 196, 0.45, "triangle");
    else tone(start + number * 0.25, hertz, 0.2, "square");
  }
}

/** Sound for a line that is lost. */
export function soundLost() {
  if (!soundIsOn()) return;
  const start = wake().currentTime;
  for (const [number, hertz] of [660, 494, 330].entries()) tone(start + number * 0.3, hertz, 0.28, "sawtooth");
}
