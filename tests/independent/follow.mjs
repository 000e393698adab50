// A client written from docs/protocol.md alone, on Node's own WebSocket: node follow.mjs URL ORIGIN TOPIC [TOKEN]
// It prints a JSON line for everything that counts, and mends whatever happens to its connection.
const [url, origin, topic, token] = process.argv.slice(2);
const place = { seq: null, epoch: null };
let failures = 0;
let crowd = 0;
let ref = 0;

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const carriesFacts = topic.startsWith("door:") || topic.startsWith("sales:");

function connect() {
  const socket = new WebSocket(url, { protocols: ["ngn.v1"], headers: { origin } });
  let heard = Date.now();
  let asked = null; // the ref of the subscribe that waits for its own joined
  let behindSince = null;
  let after = null; // what going_away asked for
  let left = false;

  const send = (message) => socket.send(JSON.stringify({ ...message, ref: ++ref }));
  const subscribe = () => {
    const resume = carriesFacts && place.seq !== null ? { since: place.seq, epoch: place.epoch } : {};
    send({ t: "subscribe", topic, ...resume });
    asked = ref;
  };
  const ping = () => send({ t: "ping", at: Date.now() });
  const begin = () => {
    subscribe();
    ping();
  };
  const leave = (code) => {
    if (left) return;
    left = true;
    clearInterval(beat);
    socket.close();
    if (code >= 4500 && code <= 4999) return print({ ended: code });
    crowd = code === null ? 0 : token || carriesFacts ? 3_000 : 10_000;
    const longest = Math.min(10_000, Math.max(crowd, 500 * 2 ** failures++));
    setTimeout(connect, after ?? Math.random() * longest);
  };
  const beat = setInterval(() => {
    if (Date.now() - heard > (socket.readyState === WebSocket.OPEN ? 3_000 : 8_000)) leave(null);
    else if (socket.readyState === WebSocket.OPEN) ping();
  }, 1_500);

  const hear = {
    welcome: () => (token ? send({ t: "authenticate", token }) : begin()),
    authenticated: begin,
    going_away: (message) => void (after = message.after_ms),
    joined: (message) => {
      if (message.ref !== asked) return;
      asked = null;
      place.epoch = message.epoch;
      if (!message.resumed) place.seq = null;
      print({ joined: message.seq, resumed: message.resumed });
    },
    snapshot: (message) => {
      if (asked !== null) return;
      place.seq = message.seq;
      place.epoch = message.epoch;
      print({ snapshot: message.seq, kind: message.snapshot.t });
    },
    fact: (message) => {
      if (asked !== null || place.seq === null || message.seq <= place.seq) return;
      if (message.seq > place.seq + 1) return subscribe();
      place.seq = message.seq;
      print({ fact: message.seq, kind: message.fact.t });
    },
    state: (message) => asked === null && print({ state: message.seq, ...message.state }),
    pong: (message) => {
      failures = 0;
      const isBehind = carriesFacts && asked === null && message.seqs[topic] > (place.seq ?? -1);
      behindSince = isBehind ? (behindSince ?? Date.now()) : null;
      if (isBehind && Date.now() - behindSince > 2_000) subscribe();
    },
    request_refused: (message) => {
      print({ refused: message.code });
      if (message.code !== "unavailable") process.exit(1);
    },
  };
  socket.onmessage = ({ data }) => {
    heard = Date.now();
    const message = JSON.parse(data);
    hear[message.t]?.(message); // what we do not know, we ignore
  };
  socket.onclose = ({ code }) => leave(code);
  socket.onerror = () => {};
}

connect();
