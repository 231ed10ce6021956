// Real MicroPython with firmware/ as its file system and TWIN/ as /twin, on its path after the firmware.
// usage: node board.mjs INTERPRETER FIRMWARE TWIN SCRIPT MODE [ARG...]
//   MODE run:    SCRIPT gets ARGs as sys.argv[1:] and this process's stdin as the file /stdin; its output is ours.
//   MODE turns:  as run; SCRIPT also defines step(), which is then called until it returns False.
//   MODE sensor: SCRIPT defines step(), called until it returns False; the module _pipe is our stdin and stdout, and
//                what SCRIPT prints goes to stderr.
// In both, the module _clock has lap(), which notes the time, and taken(), which gives the ns between laps.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [interpreter, firmware, twin, script, mode, ...args] = process.argv.slice(2);
const STDIN = 0, STDOUT = 1, STDERR = 2;

function writeAll(fd, bytes) {
  for (let at = 0; at < bytes.length;) at += fs.writeSync(fd, bytes, at);
}

// Hex, because bytes do not cross the bridge between the two languages whole.
const pipe = {
  read(limit) {
    const chunk = Buffer.alloc(limit);
    return chunk.toString('hex', 0, fs.readSync(STDIN, chunk, 0, limit, null));
  },
  write(hex) { writeAll(STDOUT, Buffer.from(hex, 'hex')); },
};

// MicroPython's own ticks_us counts whole milliseconds here. Laps are kept on this side of the bridge, so that noting one
// allocates nothing on the other.
const laps = new Float64Array(1 << 21);
let lapCount = 0;
const clock = {
  lap() { laps[lapCount++] = performance.now(); },
  taken() {
    const ns = Array.from(laps.subarray(1, lapCount), (at, i) => Math.round((at - laps[i]) * 1e6));
    lapCount = 0;
    return ns.join(' ');
  },
};

function copyIn(FS, folder, target) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const from = path.join(folder, entry.name), to = `${target}/${entry.name}`;
    if (entry.isDirectory() && entry.name !== '__pycache__') {
      FS.mkdir(to);
      copyIn(FS, from, to);
    } else if (entry.name.endsWith('.py')) {
      FS.writeFile(to, fs.readFileSync(from));
    }
  }
}

async function main() {
  const { loadMicroPython } = await import(pathToFileURL(interpreter));
  const console = (bytes) => writeAll(mode === 'sensor' ? STDERR : STDOUT, bytes);
  const mp = await loadMicroPython({ pystack: 8192, linebuffer: false, stdout: console, stderr: console });
  copyIn(mp.FS, firmware, '');
  mp.FS.mkdir('/twin');
  copyIn(mp.FS, twin, '/twin');
  mp.FS.writeFile('/script.py', fs.readFileSync(script));
  if (mode !== 'sensor') mp.FS.writeFile('/stdin', fs.readFileSync(STDIN));
  mp.registerJsModule('_pipe', pipe);
  mp.registerJsModule('_clock', clock);
  mp.runPython(`import sys; sys.path.append('/twin'); sys.argv[:] = ['script.py'] + ${JSON.stringify(args)}`);
  mp.runPython("exec(open('/script.py').read())");
  // One call per turn: MicroPython collects garbage here only between calls.
  if (mode !== 'run') while (mp.runPython('RUNNING = step()'), mp.globals.get('RUNNING'));
}

// The interpreter is one line of 100 kB, which node would print above any error of it.
main().catch((error) => {
  writeAll(STDERR, Buffer.from(`${error.message ?? error}\n`));
  process.exit(1);
});
