// Real MicroPython as a board in real time. What a board has around it is in the process that started this one: every
// wait, every call of the radio and every byte of the console crosses DESCRIPTOR, one question and one answer at a time.
// usage: node board.mjs DESCRIPTOR INTERPRETER FIRMWARE TWIN SCRIPT [ARG...]
//   SCRIPT is main.py: it defines step(), called until it returns False. Without SCRIPT ("") the REPL is all there is.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { link } from './link.mjs';
import { repl } from './repl.mjs';

const [descriptor, interpreter, firmware, twin, script, ...args] = process.argv.slice(2);
const { ask, print, flush } = link(Number(descriptor));

function copyIn(FS, folder, target) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const from = path.join(folder, entry.name), to = `${target}/${entry.name}`;
    if (entry.isDirectory() && entry.name !== '__pycache__') { FS.mkdir(to); copyIn(FS, from, to); }
    else if (entry.name.endsWith('.py')) FS.writeFile(to, fs.readFileSync(from));
  }
}

async function boot() {
  const { loadMicroPython } = await import(pathToFileURL(interpreter));
  const cooked = (bytes) => print(bytes[0] === 10 ? [13, 10] : bytes);
  const mp = await loadMicroPython({ pystack: 8192, linebuffer: false, stdout: cooked, stderr: cooked });
  copyIn(mp.FS, firmware, '');
  for (const folder of ['/flash', '/twin']) mp.FS.mkdir(folder);
  copyIn(mp.FS, twin, '/twin');
  mp.registerJsModule('_host', { ask });
  mp.runPython(`import sys; sys.path.append('/twin'); sys.argv[:] = ['main.py'] + ${JSON.stringify(args)}`);
  return mp;
}

// One call of step() per turn: MicroPython collects garbage here only between calls.
function runMain(mp) {
  mp.FS.writeFile('/flash/main.py', fs.readFileSync(script));
  mp.runPython("exec(open('/flash/main.py').read())");
  while (mp.runPython('RUNNING = step()'), mp.globals.get('RUNNING')) flush();
}

function report(error) {
  print(Buffer.from(`${error.message ?? error}\n`.replaceAll('\n', '\r\n')));
  flush();
}

async function main() {
  for (let raw = false; ;) {
    const mp = await boot();
    if (!raw && script) try { runMain(mp); } catch (error) { report(error); }
    raw = repl(mp, raw, { ask, print, flush });
  }
}

main().catch((error) => { report(error); process.exit(1); });
