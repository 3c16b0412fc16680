// SPDX-License-Identifier: Apache-2.0
// Debian's ws as a parser: reads what ws_print_events prints, and says where ws says something else.
//
// Exit status 1 if it does somewhere, beyond what is known of ws; 4 if ws is not there. The last line
// counts the streams, and how often each known difference was met.
'use strict';

const readline = require('readline');

let WebSocket;
try {
  WebSocket = require('ws');
} catch (error) {
  console.log(`not applicable: ws: ${error.message.split('\n')[0]}`);
  process.exit(4);
}

// What ws says: [kind, number, payload]..., the last of them closed, failed or open.
async function theirs({server, limit, pieces, stream}) {
  const receiver = new WebSocket.Receiver({isServer: server, maxPayload: limit});
  const events = [];
  let closed = false;
  receiver.on('error', () => {});
  receiver.on('message', (data, binary) => {
    events.push(['message', binary ? 2 : 1, data.toString('hex')]);
  });
  receiver.on('ping', (data) => events.push(['control', 9, data.toString('hex')]));
  receiver.on('pong', (data) => events.push(['control', 10, data.toString('hex')]));
  receiver.on('conclude', (code, reason) => {
    closed = true;
    events.push(['closed', code, reason.toString('hex')]);
  });
  let bytes = Buffer.from(stream, 'hex');
  for (let i = 0; bytes.length > 0 && !closed; ++i) {
    // A copy, for ws unmasks in place.
    const piece = Buffer.from(bytes.subarray(0, pieces[i % pieces.length]));
    bytes = bytes.subarray(piece.length);
    const error = await new Promise((resolve) => receiver.write(piece, resolve));
    if (error) {
      const key = Object.getOwnPropertySymbols(error).find((s) => s.description === 'status-code');
      events.push(['failed', key ? error[key] : error.message, '']);
      return events;
    }
  }
  if (!closed) events.push(['open', 0, '']);
  return events;
}

// The reference's events in the same words: a Close's reason with its code, and no word of whether
// the stream ended inside a frame, for ws does not tell.
function ours({events}) {
  const said = events.map((event) => [...event]);
  const [kind] = said[said.length - 1];
  if (kind === 'closed') {
    const [close] = said.splice(said.length - 2, 1);
    said[said.length - 1][2] = close[2].slice(4);
  } else if (kind === 'end' || kind === 'midway') {
    said[said.length - 1] = ['open', 0, ''];
  }
  return said;
}

// What can be seen in a stream's bytes with no state but that of a text message.
function look(stream) {
  const bytes = Buffer.from(stream, 'hex');
  const seen = {longForm: false, topBit: false, notUtf8: false, cutInKey: false};
  let text;
  for (let at = 0; at + 2 <= bytes.length;) {
    const opcode = bytes[at] & 15;
    const fin = bytes[at] >> 7;
    const masked = bytes[at + 1] >> 7;
    let length = bytes[at + 1] & 127;
    const extended = length === 126 ? 2 : length === 127 ? 8 : 0;
    if (at + 2 + extended > bytes.length) break;
    if (extended === 2) length = bytes.readUInt16BE(at + 2);
    if (extended === 8) length = Number(bytes.readBigUInt64BE(at + 2));
    seen.longForm ||= extended > 0 && length < (extended === 2 ? 126 : 65536);
    seen.topBit ||= extended === 8 && bytes[at + 2] >= 128;
    const begin = at + 2 + extended + 4 * masked;
    seen.cutInKey = begin > bytes.length;
    const payload = bytes.subarray(begin, begin + length);
    if (opcode < 8) {
      if (opcode === 1) text = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
      if (opcode === 2) text = undefined;
      try {
        text?.decode(payload.map((byte, i) => masked ? byte ^ bytes[begin - 4 + i % 4] : byte),
                     {stream: !fin || payload.length < length});
      } catch {
        seen.notUtf8 = true;
      }
    }
    at = begin + length;
  }
  return seen;
}

// Where ws is known to say something else, from the first event on that differs.
const kKnown = [
  ['takes lengths that are not in their shortest form (WS-04)',
   (us, them, seen) => seen.longForm && us[0][0] === 'failed' && us[0][1] === 1002],
  ['says 1009 of a length with the top bit (WS-05)',
   (us, them, seen) => seen.topBit && us[0][1] === 1002 && them[0][1] === 1009],
  ['looks at UTF-8 only when the message is whole (WS-11)',
   (us, them, seen) => seen.notUtf8 && us[0][0] === 'failed' && us[0][1] === 1007 &&
       them.every(([kind]) => kind !== 'message')],
  ['judges a length before the key behind it has come',
   (us, them, seen) => seen.cutInKey && us[0][0] === 'open' && them[0][1] === 1009],
];

async function main() {
  const met = kKnown.map(() => 0);
  let streams = 0;
  let wrong = 0;
  for await (const line of readline.createInterface({input: process.stdin})) {
    const made = JSON.parse(line);
    const us = ours(made);
    const them = await theirs(made);
    ++streams;
    const same = (i) => i < them.length && us[i].every((value, k) => value === them[i][k]);
    let first = 0;
    while (first < us.length && same(first)) ++first;
    if (first === us.length && first === them.length) continue;
    const known = first === us.length || first >= them.length ? -1 : kKnown.findIndex(
        ([, applies]) => applies(us.slice(first), them.slice(first), look(made.stream)));
    if (known >= 0) {
      ++met[known];
      continue;
    }
    ++wrong;
    console.log(`seed ${made.seed}, event ${first}: ` +
                `ours ${JSON.stringify(us[first])}, ws ${JSON.stringify(them[first])}`);
  }
  kKnown.forEach(([what], i) => console.log(`ws ${what}: ${met[i]}`));
  console.log(`${streams} streams, ${wrong} differ`);
  process.exitCode = wrong > 0 ? 1 : 0;
}

process.exitCode = 1;  // until main says otherwise
main();
