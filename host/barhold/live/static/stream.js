// The stream of states, shared by the page and the board. What the server says always wins over what runs on here.
export const STALE_MS = 9000; // twice the server's beat and a little

export const stream = { state: null, atMs: 0, connected: false };
let events = null;
let again = 0;

// `onState(before, fresh)` runs for every state; `fresh` says that nothing was missed. `onLost` runs when the server is away.
export function openStream(onState, onLost) {
  clearTimeout(again);
  events?.close();
  events = new EventSource("/events");
  events.onmessage = (message) => {
    const before = stream.state;
    const state = JSON.parse(message.data);
    const fresh = Boolean(before) && before.run === state.run && performance.now() - stream.atMs < STALE_MS;
    Object.assign(stream, { state, atMs: performance.now(), connected: true });
    onState(before, fresh);
    window.dispatchEvent(new CustomEvent("barhold", { detail: state }));
  };
  events.onerror = () => {
    stream.connected = false;
    onLost();
    // A dropped stream comes back by itself; a refused one (server away, too many pages) must be opened anew.
    if (events.readyState === EventSource.CLOSED) again = setTimeout(() => openStream(onState, onLost), 2000);
  };
}

// Call this in every frame: a stream from which nothing comes any more is opened anew.
export function watchStream(onState, onLost) {
  if (!stream.state || !stream.connected || performance.now() - stream.atMs <= STALE_MS) return;
  stream.connected = false;
  onLost();
  openStream(onState, onLost);
}
