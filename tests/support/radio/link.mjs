// The way to the process that started a board: one question and one answer at a time, and what is printed in between.
import fs from 'node:fs';

export function link(descriptor) {
  let received = Buffer.alloc(0);

  function sendMessage(text) {
    const body = Buffer.from(text, 'utf8'), whole = Buffer.alloc(4 + body.length);
    whole.writeUInt32LE(body.length);
    body.copy(whole, 4);
    for (let at = 0; at < whole.length;) at += fs.writeSync(descriptor, whole, at);
  }

  function readMessage() {
    for (;;) {
      const size = received.length >= 4 ? 4 + received.readUInt32LE(0) : Infinity;
      if (received.length >= size) {
        const body = received.toString('utf8', 4, size);
        received = received.subarray(size);
        return body;
      }
      const chunk = Buffer.alloc(65536), count = fs.readSync(descriptor, chunk, 0, chunk.length, null);
      if (!count) process.exit(0); // whoever started us is gone
      received = Buffer.concat([received, chunk.subarray(0, count)]);
    }
  }

  // What is printed waits here until the next question, so that it never overtakes one.
  let printed = [];
  const print = (bytes) => { printed.push(Buffer.from(bytes)); };
  function flush() {
    if (printed.length) sendMessage(JSON.stringify(['print', Buffer.concat(printed).toString('latin1')]));
    printed = [];
  }
  function ask(text) { flush(); sendMessage(text); return readMessage(); }

  return { ask, print, flush };
}
