// Reads the data of the page into columns. See trace_html_events.h.

const FIELDS_MAX = 4;

// Text of a trace is shown as it is, but for what could deceive: control
// characters and those that change the direction of writing.
function visible(text) {
  return text.replace(
      /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
      (c) => c === '\n' ? '\u23ce' :
          '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
}

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  return bytes;
}

// Reads LEB128 numbers. Above 2^53 value() is near the number and big() is it.
class NumberReader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.big = null;
  }
  byte() { return this.bytes[this.at++]; }
  value() {
    let value = 0;
    let factor = 1;
    const begin = this.at;
    for (;;) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * factor;
      if (byte < 128) break;
      factor *= 128;
    }
    this.big = value > Number.MAX_SAFE_INTEGER ? this.exact(begin) : null;
    return value;
  }
  exact(begin) {
    let value = 0n;
    for (let i = this.at - 1; i >= begin; --i) {
      value = value << 7n | BigInt(this.bytes[i] & 127);
    }
    return value;
  }
}

// The signed number behind a zigzag-coded one.
function unzigzag(value) {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

// The columns of one trace: kind, tick, site, f[0..3] and, for numbers that a
// double does not hold, big (4 * event + field -> BigInt).
function decodeEvents(trace, kinds) {
  const count = trace.count;
  const reader = new NumberReader(bytesOf(trace.events));
  const events = {
    count,
    kind: new Uint8Array(count),
    tick: new Float64Array(count),
    site: new Uint32Array(count),
    f: Array.from({length: FIELDS_MAX}, () => new Float64Array(count)),
    big: new Map(),
  };
  let tick = trace.start.tick;
  for (let e = 0; e < count; ++e) {
    const kind = reader.byte();
    events.kind[e] = kind;
    tick += unzigzag(reader.value());
    events.tick[e] = tick;
    events.site[e] = reader.value();
    const fields = kinds[kind - 1].fields;
    for (let i = 0; i < fields.length; ++i) {
      events.f[i][e] = reader.value();
      if (reader.big !== null) events.big.set(FIELDS_MAX * e + i, reader.big);
    }
  }
  return events;
}

// Of each event the index of the same one in the other trace; -1: none. See
// trace_html_against.h.
function decodeTwins(base64, count) {
  const reader = new NumberReader(bytesOf(base64));
  const twins = new Float64Array(count);
  let expected = 0;
  for (let e = 0; e < count; ++e) {
    const value = reader.value();
    twins[e] = value === 0 ? -1 : expected + unzigzag(value - 1);
    if (value !== 0) expected = twins[e] + 1;
  }
  return twins;
}

function readSchema(data) {
  const kinds = data.kinds.map(([name, fields]) => ({
    name,
    fields: fields.map(([field, type]) => ({name: field, type})),
    at: Object.fromEntries(fields.map(([field], i) => [field, i])),
  }));
  const number = {};  // of a kind, by its name
  kinds.forEach((kind, i) => { number[kind.name] = i + 1; });
  return {kinds, number, names: data.names};
}
