// Puts the Opus packets of a WebM recording into an Ogg stream, which is what voice messages are made of.
// Knows bytes only.

const SEGMENT = 0x18538067, CLUSTER = 0x1f43b675, TRACKS = 0x1654ae6b, TRACK = 0xae, GROUP = 0xa0;
const SIMPLE_BLOCK = 0xa3, BLOCK = 0xa1, CODEC_PRIVATE = 0x63a2;
const OPENED = new Set([SEGMENT, CLUSTER, TRACKS, TRACK, GROUP]);
const PACKETS_PER_PAGE = 40;

function readNumber(bytes, at, keepMarker) {
  let length = 1;
  while (length <= 8 && !(bytes[at] & (0x80 >> (length - 1)))) length += 1;
  let value = keepMarker ? bytes[at] : bytes[at] & (0xff >> length);
  let allOnes = (bytes[at] & (0xff >> length)) === 0xff >> length;
  for (let index = 1; index < length; index += 1) {
    value = value * 256 + bytes[at + index];
    allOnes &&= bytes[at + index] === 0xff;
  }
  return { value, length, unknown: allOnes };
}

function readWebm(bytes) {
  const packets = [];
  let head = null;
  let at = 0;
  while (at < bytes.length - 1) {
    const id = readNumber(bytes, at, true);
    const size = readNumber(bytes, at + id.length, false);
    at += id.length + size.length;
    if (OPENED.has(id.value)) continue; // its children follow
    const end = size.unknown ? bytes.length : Math.min(at + size.value, bytes.length);
    if (id.value === CODEC_PRIVATE) head = bytes.subarray(at, end);
    if (id.value === SIMPLE_BLOCK || id.value === BLOCK) {
      const track = readNumber(bytes, at, false);
      packets.push(bytes.subarray(at + track.length + 3, end));
    }
    at = end;
  }
  return { head, packets };
}

function samplesOf(packet) {
  const config = packet[0] >> 3;
  const milliseconds = config < 12 ? [10, 20, 40, 60][config % 4] : config < 16 ? [10, 20][config % 2] : [2.5, 5, 10, 20][config % 4];
  const code = packet[0] & 3;
  const frames = code === 0 ? 1 : code < 3 ? 2 : packet[1] & 0x3f;
  return milliseconds * 48 * frames;
}

const CRC = Uint32Array.from({ length: 256 }, (_, index) => {
  let rest = index << 24;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 0x80000000 ? (rest << 1) ^ 0x04c11db7 : rest << 1;
  return rest >>> 0;
});

function page(packets, flags, granule, serial, number) {
  const lacing = [];
  for (const packet of packets) {
    for (let left = packet.length; ; left -= 255) {
      lacing.push(Math.min(left, 255));
      if (left < 255) break;
    }
  }
  const body = packets.reduce((sum, packet) => sum + packet.length, 0);
  const bytes = new Uint8Array(27 + lacing.length + body);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4f, 0x67, 0x67, 0x53, 0, flags]);
  view.setBigInt64(6, BigInt(granule), true);
  view.setUint32(14, serial, true);
  view.setUint32(18, number, true);
  bytes[26] = lacing.length;
  bytes.set(lacing, 27);
  let at = 27 + lacing.length;
  for (const packet of packets) {
    bytes.set(packet, at);
    at += packet.length;
  }
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ CRC[((crc >>> 24) ^ byte) & 0xff]) >>> 0;
  view.setUint32(22, crc, true);
  return bytes;
}

export function oggFromWebm(buffer) {
  const { head, packets } = readWebm(new Uint8Array(buffer));
  if (!head || !packets.length) throw new Error("no Opus in this recording");
  const serial = packets.length * 7919 + packets[0].length;
  const vendor = new TextEncoder().encode("preview");
  const tags = new Uint8Array(8 + 4 + vendor.length + 4);
  tags.set(new TextEncoder().encode("OpusTags"));
  tags[8] = vendor.length;
  tags.set(vendor, 12);
  const pages = [page([head], 2, 0, serial, 0), page([tags], 0, 0, serial, 1)];
  let granule = 0;
  for (let from = 0; from < packets.length; from += PACKETS_PER_PAGE) {
    const some = packets.slice(from, from + PACKETS_PER_PAGE);
    granule += some.reduce((sum, packet) => sum + samplesOf(packet), 0);
    pages.push(page(some, from + PACKETS_PER_PAGE >= packets.length ? 4 : 0, granule, serial, pages.length));
  }
  return new Blob(pages, { type: "audio/ogg" });
}

export function recordingType() {
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return null;
  return ["audio/ogg;codecs=opus", "audio/webm;codecs=opus"].find((type) => MediaRecorder.isTypeSupported(type)) ?? null;
}
