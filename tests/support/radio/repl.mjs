// MicroPython's REPL as far as mpremote uses it: the build for the web has none that a program could talk to.
// `repl` begins in the raw mode or not, and returns which of them it was in when a soft reset was asked for.
const RAW = 'raw REPL; CTRL-B to exit\r\n>', FRIENDLY = '\r\nMicroPython on WebAssembly, as a board\r\n>>> ';
const WINDOW = 128;
const [CTRL_A, CTRL_B, CTRL_C, CTRL_D, CTRL_E] = [1, 2, 3, 4, 5];

export function repl(mp, raw, { ask, print, flush }) {
  let typed = Buffer.alloc(0), line = [];
  const say = (text) => { print(Buffer.from(text, 'latin1')); flush(); };

  function next() {
    while (!typed.length) typed = Buffer.from(JSON.parse(ask('["type"]')), 'latin1');
    const byte = typed[0];
    typed = typed.subarray(1);
    return byte;
  }

  // What a program prints crosses as it runs; an error's text is what comes back.
  function execute(source) {
    try { mp.runPython(source); } catch (error) {
      if (error.name !== 'PythonError') throw error;
      if (error.type !== 'SystemExit') return String(error.message).replaceAll('\n', '\r\n');
    }
    return '';
  }

  function paste() {
    say(`R\x01${String.fromCharCode(WINDOW & 255, WINDOW >> 8)}\x01`);
    const source = [];
    for (let left = WINDOW, byte; (byte = next()) !== CTRL_D;) {
      if (byte === CTRL_C) return '';
      source.push(byte);
      if (!--left) { say('\x01'); left = WINDOW; }
    }
    say('\x04');
    return execute(Buffer.from(source).toString());
  }

  say(raw ? RAW : FRIENDLY);
  for (;;) {
    const byte = next();
    if (byte === CTRL_A) {
      const isPaste = raw && line.length === 2 && line[0] === CTRL_E && line[1] === 'A'.charCodeAt(0);
      line = [];
      if (isPaste) say(`\x04${paste()}\x04>`);
      else { say(`\r\n${RAW}`); raw = true; }
    } else if (byte === CTRL_B) { raw = false; line = []; say(FRIENDLY);
    } else if (byte === CTRL_C) { line = []; if (!raw) say('\r\n>>> ');
    } else if (byte === CTRL_D && raw && line.length) {
      const source = Buffer.from(line).toString();
      line = [];
      say('OK');
      say(`\x04${execute(source)}\x04>`);
    } else if (byte === CTRL_D) {
      say(`${raw ? 'OK' : ''}\r\nMPY: soft reboot\r\n`);
      return raw;
    } else if (!raw && byte === 13) {
      const source = Buffer.from(line).toString();
      line = [];
      say('\r\n');
      say(`${execute(source)}>>> `);
    } else { line.push(byte); if (!raw) say(String.fromCharCode(byte)); }
  }
}
