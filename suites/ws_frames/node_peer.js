// SPDX-License-Identifier: Apache-2.0
// The independent peers of the interop test: Debian's ws and undici under node, in each role they have.
//
//   node node_peer.js client ws|undici|node PORT   against an echo server: sizes, and over ws also
//                                             fragments, pings, and what no client may send
//   node node_peer.js server ws               an echo server; prints its port
//   node node_peer.js driver ws               a driver that runs cases against an echoing client and
//                                             prints its port, and then what it found
// Exit status 1 if something was not as it must be, 4 if the library is not there.
'use strict';

const [role, library, port] = process.argv.slice(2);
const kSizes = [0, 1, 125, 126, 127, 1000, 8192, 65535, 65536, 65537, 1 << 20];
const kKey = Buffer.from([1, 2, 3, 4]);
let wrong = 0;

function load(name) {
  try {
    return require(name);
  } catch (error) {
    console.log(`not applicable: ${name}: ${error.message.split('\n')[0]}`);
    process.exit(4);
  }
}

function check(what, good) {
  console.log(`${what}: ${good ? 'good' : 'WRONG'}`);
  if (!good) ++wrong;
}

function noise(size, seed) {
  const bytes = Buffer.alloc(size);
  for (let i = 0, x = seed + 1; i < size; ++i) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
}
function text(size, seed) {
  const all = '\u00e9\u20ac\u{1f600}plain ascii '.repeat(Math.ceil(size / 20) + 1);
  return String.fromCharCode(65 + seed % 26) + all.slice(0, size);
}

// A frame by hand, masked if `key` is given.
function frame(first, payload, key, claimed) {
  const length = claimed === undefined ? payload.length : claimed;
  let header;
  if (length < 126) {
    header = Buffer.from([first, length]);
  } else if (length < 65536) {
    header = Buffer.from([first, 126, length >> 8, length & 255]);
  } else {
    header = Buffer.alloc(10);
    header.set([first, 127]);
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  if (!key) return Buffer.concat([header, payload]);
  header[1] |= 0x80;
  return Buffer.concat([header, key, payload.map((byte, i) => byte ^ key[i % 4])]);
}

// What must be refused, as bytes of either role, and the code that must be the answer.
function refused(key) {
  const f = (first, payload = '', claimed) => frame(first, Buffer.from(payload), key, claimed);
  const long_form = Buffer.concat([Buffer.from([0x82, 126 | (key ? 0x80 : 0), 0, 5]),
                                   key || Buffer.alloc(0), Buffer.alloc(5)]);
  const top_bit = Buffer.concat([Buffer.from([0x82, 127 | (key ? 0x80 : 0), 0x80]),
                                 Buffer.alloc(7), key || Buffer.alloc(0)]);
  return [
    ['opcode 3', f(0x83), 1002],
    ['opcode 11', f(0x8b), 1002],
    ['reserved bit 1', f(0xc1, 'x'), 1002],
    ['reserved bit 3', f(0x91, 'x'), 1002],
    ['masked the other way', frame(0x81, Buffer.from('x'), key ? undefined : kKey), 1002],
    ['long form', long_form, 1002],
    ['top bit', top_bit, 1002],
    ['fragmented ping', f(0x09), 1002],
    ['ping of 126', f(0x89, 'p'.repeat(126)), 1002],
    ['continuation of nothing', f(0x80, 'x'), 1002],
    ['message inside a message', Buffer.concat([f(0x01, 'x'), f(0x81, 'y')]), 1002],
    ['not UTF-8', f(0x81, Buffer.from([0xc0, 0x80])), 1007],
    ['surrogate', f(0x81, Buffer.from([0xed, 0xa0, 0x80])), 1007],
    ['cut UTF-8', f(0x81, Buffer.from([0xe2, 0x82])), 1007],
    ['too long', f(0x82, '', 1 << 30), 1009],
    ['close of one byte', f(0x88, Buffer.from([3])), 1002],
    ['close with 1005', f(0x88, Buffer.from([3, 0xed])), 1002],
    ['close with a reason that is not UTF-8', f(0x88, Buffer.from([3, 0xe8, 0xff])), 1007],
  ];
}

function finish() {
  process.exitCode = wrong > 0 ? 1 : 0;
}

// Sends a message in `parts` fragments over ws.
function sendParts(socket, data, parts) {
  const bytes = Buffer.from(data);
  const binary = typeof data !== 'string';
  const size = Math.ceil(bytes.length / parts);
  for (let i = 0; i < parts; ++i) {
    socket.send(bytes.subarray(i * size, (i + 1) * size), {fin: i === parts - 1, binary});
  }
}

function next(socket, event) {
  return new Promise((resolve, reject) => {
    socket.once(event, (...values) => resolve(values));
    if (event !== 'close') {
      socket.once('close', (code) => reject(new Error(`closed with ${code}`)));
    }
  });
}

// Messages, fragments and pings to an echoing end, which must come back.
async function exchange(socket, who) {
  socket.setMaxListeners(1000);
  check(`${who} no extension`, socket.extensions === '');
  for (const size of kSizes) {
    for (const parts of [1, 2, 7, 100]) {
      for (const data of [noise(size, parts), text(size, parts)]) {
        const heard = next(socket, 'message');
        sendParts(socket, data, parts);
        const [back, binary] = await heard;
        const same = Buffer.compare(back, Buffer.from(data)) === 0 &&
            binary === (typeof data !== 'string');
        if (!same) check(`${who} ${typeof data} of ${size} in ${parts}`, false);
      }
    }
    check(`${who} messages of ${size}`, true);
  }
  for (const size of [0, 1, 125]) {
    const heard = next(socket, 'pong');
    socket.ping(noise(size, 9));
    const [payload] = await heard;
    check(`${who} ping of ${size}`, Buffer.compare(payload, noise(size, 9)) === 0);
  }
}

// Bytes that no peer may send, past ws; the code that comes back.
async function sendWrong(socket, bytes) {
  const closed = next(socket, 'close');
  socket.on('error', () => {});
  socket._socket.write(bytes);
  const [code] = await closed;
  return code;
}

async function closeAndCheck(socket, who, code, reason) {
  const closed = next(socket, 'close');
  socket.close(code, reason);
  const [got] = await closed;
  check(`${who} close with ${code}`, got === (code === undefined ? 1005 : code));
}

async function wsClient() {
  const {WebSocket} = load('ws');
  const dial = async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, {perMessageDeflate: true});
    await next(socket, 'open');
    return socket;
  };
  const socket = await dial();
  await exchange(socket, 'client');
  await closeAndCheck(socket, 'client', 1000, 'done');
  for (const code of [undefined, 1001, 3000, 4999]) {
    await closeAndCheck(await dial(), 'client', code);
  }
  for (const [what, bytes, code] of refused(kKey)) {
    const got = await sendWrong(await dial(), bytes);
    check(`client ${what}: ${got}`, got === code);
  }
}

// What browsers offer: no fragments, no pings.
async function browserClient(who, WebSocket, sizes) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  socket.binaryType = 'arraybuffer';
  const once = (event) => new Promise((resolve, reject) => {
    socket.addEventListener(event, resolve, {once: true});
    if (event !== 'close') {
      socket.addEventListener('close', (e) => reject(new Error(`closed with ${e.code}`)),
                              {once: true});
    }
  });
  await once('open');
  check(`${who} no extension`, socket.extensions === '');
  for (const size of sizes) {
    for (const data of [noise(size, 1), text(size, 1)]) {
      const heard = once('message');
      socket.send(data);
      const {data: back} = await heard;
      const same = typeof data === 'string' ?
          back === data : Buffer.compare(Buffer.from(back), data) === 0;
      check(`${who} ${typeof data} of ${size}`, same);
    }
  }
  const closed = once('close');
  socket.close(3001, 'done');
  const {code, wasClean} = await closed;
  check(`${who} close: ${code} ${wasClean}`, code === 3001 && wasClean);
}

// Debian's undici (5.15) does not look at an empty message before something comes behind it, writes
// wrong lengths into frames of 126 bytes to some 4,000, and refuses fragments above 125 bytes.
function undiciClient() {
  return browserClient('undici', load('undici').WebSocket, [1, 60, 8192, 20000]);
}

// The undici inside node.
function nodeClient() {
  if (globalThis.WebSocket === undefined) {
    console.log('not applicable: this node has no WebSocket of its own');
    process.exit(4);
  }
  return browserClient('node', globalThis.WebSocket, kSizes);
}

function wsServer() {
  const {WebSocketServer} = load('ws');
  const server = new WebSocketServer({
    host: '127.0.0.1', port: 0, perMessageDeflate: true, maxPayload: 1 << 26,
  });
  server.on('listening', () => console.log(`listening on 127.0.0.1:${server.address().port}`));
  return server;
}

function echo(server) {
  server.on('connection', (socket) => {
    socket.on('message', (data, binary) => {
      // Back in fragments, with a ping between: a client must take both.
      const size = Math.ceil(data.length / 3);
      socket.send(data.subarray(0, size), {fin: false, binary});
      socket.ping('between');
      socket.send(data.subarray(size), {fin: true, binary});
    });
  });
}

function driver(server) {
  const cases = [async (socket) => {
    await exchange(socket, 'driver');
    await closeAndCheck(socket, 'driver', 1000, 'done');
  }];
  for (const code of [1001, 3000, 4999]) {
    cases.push((socket) => closeAndCheck(socket, 'driver', code));
  }
  for (const [what, bytes, code] of refused(undefined)) {
    cases.push(async (socket) => {
      const got = await sendWrong(socket, bytes);
      check(`driver ${what}: ${got}`, got === code);
    });
  }
  server.on('connection', async (socket, request) => {
    const url = new URL(request.url, 'http://driver');
    if (url.pathname === '/getCaseCount') {
      socket.send(String(cases.length));
      socket.close(1000);
    } else if (url.pathname === '/runCase') {
      try {
        await cases[Number(url.searchParams.get('case')) - 1](socket);
      } catch (error) {
        check(`case ${url.searchParams.get('case')}: ${error.message}`, false);
      }
    } else {
      socket.close(1000);
      check(`reports for ${url.searchParams.get('agent')}`, url.pathname === '/updateReports');
      server.close();
      finish();
    }
  });
}

const run = {
  'client ws': () => wsClient().then(finish),
  'client undici': () => undiciClient().then(finish),
  'client node': () => nodeClient().then(finish),
  'server ws': () => echo(wsServer()),
  'driver ws': () => driver(wsServer()),
}[`${role} ${library}`];
if (run === undefined) {
  console.error('usage: node_peer.js client ws|undici|node PORT, or server ws, or driver ws');
  process.exit(2);
}
process.on('unhandledRejection', (error) => {
  console.log(`WRONG: ${error.stack}`);
  process.exit(1);
});
process.exitCode = 1;  // until finish says otherwise: node ends when nothing is left to wait for
run();
