// Sends what people change. Each change has an id, so it may be sent again until it is answered, and counts once.
const AGAIN_MS = 1000;
const waiting = [];
let sending = false;
let isAway = false; // the computer did not answer the last time
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

// `onAnswer(text)` hears once why this change is refused, or "" when it is made or waits for the computer. Where it is
// missing or was called before, the page itself shows the refusal.
export function send(path, change, onAnswer = null) {
  const one = { path, body: JSON.stringify({ ...change, id: newId() }), onAnswer };
  waiting.push(one);
  if (isAway) answer(one, "");
  if (!sending) sendAll();
}

function answer(one, text) {
  const { onAnswer } = one;
  one.onAnswer = null;
  onAnswer?.(text);
  return Boolean(onAnswer);
}

async function sendAll() {
  sending = true;
  while (waiting.length) {
    const { text, retry } = await sendOne(waiting[0]);
    isAway = Boolean(retry);
    if (retry) {
      tell(text);
      for (const one of waiting) answer(one, "");
      await new Promise((done) => { setTimeout(done, AGAIN_MS); });
    } else {
      const isTold = answer(waiting.shift(), text);
      tell(isTold ? "" : text);
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
