// Sends what people change. Each change has an id, so it may be sent again until it is answered, and counts once.
const AGAIN_MS = 1000;
const waiting = [];
let sending = false;
let tell = () => {};

// `onWord(text)` hears "" when all is well, or what keeps a change from being made.
export function onChangeAnswer(onWord) {
  tell = onWord;
}

export const isSending = () => waiting.length > 0;

// randomUUID exists on encrypted pages alone, and this one is not.
function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function send(path, change) {
  waiting.push({ path, body: JSON.stringify({ ...change, id: newId() }) });
  if (!sending) sendAll();
}

async function sendAll() {
  sending = true;
  while (waiting.length) {
    const answer = await sendOne(waiting[0]);
    if (answer.retry) {
      tell(answer.text);
      await new Promise((done) => { setTimeout(done, AGAIN_MS); });
    } else {
      waiting.shift();
      tell(answer.text);
    }
  }
  sending = false;
}

async function sendOne({ path, body }) {
  try {
    const answer = await fetch(path, { method: "POST", body, headers: { "Content-Type": "application/json" }, keepalive: true });
    if (answer.ok) return { text: "" };
    const text = (await answer.text()).trim();
    return { text: text || `The computer refused this (${answer.status}).`, retry: answer.status === 503 };
  } catch {
    return { text: "The computer does not answer. Your change is sent as soon as it does.", retry: true };
  }
}
