// Real MicroPython as a board whose files stay: it boots into boot.py and main.py, soft resets and restarts included.
// usage: node board.mjs DESCRIPTOR INTERPRETER TWIN FOLDER CONFIG
//   FOLDER holds the board's files before and, whenever the REPL waits, after; CONFIG is JSON for preamble.py, and
//   room_bytes, how much fits on the board.
// Whoever started it hears ["boot"] at each start, before anything of the board runs.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { link } from '../radio/link.mjs';
import { repl } from '../radio/repl.mjs';

const [descriptor, interpreter, twin, folder, told] = process.argv.slice(2);
const { ask, print, flush } = link(Number(descriptor));
const config = JSON.parse(told), BLOCK = 4096, ENOSPC = 28; // as on a board; the other error numbers are Emscripten's own
const NOT_FLASH = new Set(['dev', 'proc', 'tmp', 'home', 'twin', 'lib']);
let mirrored = new Map();

function copyIn(FS, from, target) {
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const file = path.join(from, entry.name), to = `${target}/${entry.name}`;
    if (!entry.isDirectory()) FS.writeFile(to, fs.readFileSync(file));
    else if (entry.name !== '__pycache__') { if (!FS.analyzePath(to).exists) FS.mkdir(to); copyIn(FS, file, to); }
  }
}

// Every file of the board as [path, its node]; a folder's node has no bytes.
function* walk(FS, at = '') {
  for (const name of FS.readdir(at || '/')) {
    if (name === '.' || name === '..' || (!at && NOT_FLASH.has(name))) continue;
    const { node } = FS.lookupPath(`${at}/${name}`);
    yield [`${at}/${name}`, node];
    if (FS.isDir(node.mode)) yield* walk(FS, `${at}/${name}`);
  }
}

const used = (FS) => [...walk(FS)].reduce((sum, [, node]) => sum + Math.ceil((node.usedBytes ?? 0) / BLOCK) * BLOCK, 0);

function limit(FS) {
  const room = config.room_bytes;
  const blocks = (bytes) => Math.max(0, Math.floor(bytes / BLOCK));
  FS.statfs = () => ({ bsize: BLOCK, frsize: BLOCK, blocks: blocks(room), bfree: blocks(room - used(FS)),
    bavail: blocks(room - used(FS)), files: 0, ffree: 0, fsid: 0, flags: 0, namelen: 255 });
  FS.writeFile('/tmp/x', 'x'); // so that there are file operations to wrap
  const operations = FS.lookupPath('/tmp/x').node.stream_ops, write = operations.write;
  operations.write = (stream, buffer, offset, length, position, ...rest) => {
    const grown = Math.max(0, (position ?? stream.position) + length - stream.node.usedBytes);
    if (grown && used(FS) + grown > room) throw new FS.ErrnoError(ENOSPC);
    return write(stream, buffer, offset, length, position, ...rest);
  };
}

function states(FS) {
  const state = (node) => `${FS.isDir(node.mode)} ${node.mtime} ${node.usedBytes ?? 0}`;
  return new Map([...walk(FS)].map(([name, node]) => [name, state(node)]));
}

function mirror(FS) {
  const now = states(FS);
  for (const name of mirrored.keys()) if (!now.has(name)) fs.rmSync(folder + name, { recursive: true, force: true });
  for (const [name, state] of now) {
    if (mirrored.get(name) === state) continue;
    if (state.startsWith('true')) fs.mkdirSync(folder + name, { recursive: true });
    else fs.writeFileSync(folder + name, FS.readFile(name));
  }
  mirrored = now;
}

async function boot(cause) {
  ask('["boot"]');
  const { loadMicroPython } = await import(pathToFileURL(interpreter));
  const cooked = (bytes) => print(bytes[0] === 10 ? [13, 10] : bytes);
  const mp = await loadMicroPython({ pystack: 16384, heapsize: 8 << 20, linebuffer: false, stdout: cooked, stderr: cooked });
  mp.FS.mkdir('/twin');
  copyIn(mp.FS, twin, '/twin');
  copyIn(mp.FS, folder, '');
  limit(mp.FS);
  mirrored = states(mp.FS); // as just copied in: a test that ends now finds its folder whole
  mp.registerJsModule('_host', { ask });
  mp.runPython(fs.readFileSync(fileURLToPath(new URL('preamble.py', import.meta.url)), 'utf8'));
  mp.runPython(`set_up(${JSON.stringify(told)}, ${cause})`);
  return mp;
}

const PWRON_RESET = 1, DEEPSLEEP_RESET = 4, SOFT_RESET = 5;
class Restart extends Error { constructor(cause) { super('restart'); this.cause = cause; } }

// MicroPython as repl.mjs drives it: machine.reset() ends it all.
function resettable(mp) {
  return { runPython(source) {
    try { return mp.runPython(source); } catch (error) {
      if (error.type === 'Restart') throw new Restart(Number(error.message.trim().split(' ').pop()));
      if (error.type === 'DeepSleep') throw new Restart(DEEPSLEEP_RESET);
      throw error;
    }
  } };
}

function runFiles(mp, names) {
  for (const name of names) {
    if (!mp.FS.analyzePath(name).exists) continue;
    try { mp.runPython(`__name__ = '__main__'\nexec(open('${name}').read())`); } catch (error) {
      if (error instanceof Restart || error.name !== 'PythonError') throw error;
      print(Buffer.from(`${error.message}\n`.replaceAll('\n', '\r\n')));
    }
  }
}

async function main() {
  for (let raw = false, cause = PWRON_RESET; ;) {
    const mp = await boot(cause), board = resettable(mp);
    board.FS = mp.FS;
    const asking = (text) => { mirror(mp.FS); return ask(text); };
    try {
      runFiles(board, raw ? ['/boot.py'] : ['/boot.py', '/main.py']);
      raw = repl(board, raw, { ask: asking, print, flush });
      cause = SOFT_RESET;
    } catch (error) {
      if (!(error instanceof Restart)) throw error;
      [raw, cause] = [false, error.cause];
    }
    mirror(mp.FS);
  }
}

main().catch((error) => { print(Buffer.from(`${error.stack ?? error}\r\n`)); flush(); process.exit(1); });
