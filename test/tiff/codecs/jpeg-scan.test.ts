import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { createFollower } from '../../../dist/tiff/codecs/jpeg/follow.js';
import { createPlainFollower } from '../../../dist/tiff/codecs/jpeg/follow-plainly.js';
import { jpegHead } from '../../../dist/tiff/codecs/jpeg/head.js';
import { type HuffmanTable, readHuffmanTables } from '../../../dist/tiff/codecs/jpeg/huffman.js';
import { checkScans } from '../../../dist/tiff/codecs/jpeg/scan.js';
import type { Size } from '../../../dist/types.js';
import { picture } from '../pictures.js';

interface Form {
  readonly size: Size;
  readonly grey: boolean;
  readonly quality: number;
  readonly chromaSubsampling: '4:2:0' | '4:4:4';
  readonly optimiseCoding: boolean;
}

const forms = fc.record<Form>({
  size: fc.record({ width: fc.integer({ min: 1, max: 70 }), height: fc.integer({ min: 1, max: 70 }) }),
  grey: fc.boolean(),
  quality: fc.integer({ min: 1, max: 100 }),
  chromaSubsampling: fc.constantFrom('4:2:0', '4:4:4'),
  optimiseCoding: fc.boolean(),
});

async function jpeg({ size, grey, ...options }: Form): Promise<Buffer> {
  const { data } = picture(size.width, size.height);
  const image = sharp(data, { raw: { ...size, channels: 3 } });
  return (grey ? image.toColourspace('b-w') : image).jpeg(options).toBuffer();
}

const head = (bytes: Uint8Array) => jpegHead(bytes, { width: 1, height: 1 }, { width: 4096, height: 4096 });
const check = (bytes: Uint8Array) => checkScans([{ bytes, head: head(bytes) }], undefined);
/** The stream without its codes and its end, and its codes. */
const parts = (bytes: Buffer) => [bytes.subarray(0, head(bytes).scanAt), bytes.subarray(head(bytes).scanAt, -2)] as const;
const EOI = Buffer.of(0xff, 0xd9);

/** Bits as bytes of a scan, the last one filled up with ones. */
function stuffed(bits: string): number[] {
  const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1').match(/.{8}/g) ?? [];
  return bytes.map((byte) => Number.parseInt(byte, 2)).flatMap((byte) => (byte === 255 ? [255, 0] : [byte]));
}

test('what libjpeg writes is followed to its end, and a scan with bytes too few or too many is an error', async () => {
  await fc.assert(
    fc.asyncProperty(forms, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (form, share) => {
      const whole = await jpeg(form);
      const [headers, codes] = parts(whole);
      expect(head(whole).scan).toHaveLength(form.grey ? 1 : 3);
      await check(whole);
      await check(Buffer.concat([headers, codes, Buffer.of(0xff), EOI]));
      // libjpeg passes over fill bytes before a byte of 255 as well.
      const filled = [...codes].flatMap((byte) => (byte === 0xff ? [0xff, 0xff, 0xff] : [byte]));
      await check(Buffer.concat([headers, Buffer.from(filled), EOI]));
      await expect(check(Buffer.concat([headers, codes, Buffer.of(0x12), EOI]))).rejects.toThrow('go on after their last unit');
      const cut = codes.subarray(0, Math.floor(codes.length * share));
      // Without its last byte, or with half of a byte of 255, a scan may lack nothing but bits that only fill it up.
      if (cut.length > codes.length - 3) return;
      // Most end too early. What lies behind is read first, though, which may make an impossible block before the end is noticed.
      await expect(check(Buffer.concat([headers, cut, EOI]))).rejects.toThrow('its JPEG data');
    }),
  );
});

test('bits that are no code, and more coefficients than a block has, are errors', async () => {
  const form = {
    size: { width: 8, height: 8 },
    grey: true,
    quality: 90,
    chromaSubsampling: '4:4:4',
    optimiseCoding: false,
  } as const;
  const [headers] = parts(await jpeg(form));
  const scan = (bits: string) => Buffer.concat([headers, Buffer.from(stuffed(bits)), EOI]);
  // Of the standard tables (ITU-T T.81, K.3): no difference of means, the end of the block, 15 zeros and a coefficient of one bit.
  const [same, end, late] = ['00', '1010', '1111111111110101'];
  await check(scan(`${same}${end}`));
  await check(scan(`${same}${`${late}1`.repeat(3)}${end}`));
  await expect(check(scan(`${same}${`${late}1`.repeat(4)}${end}`))).rejects.toThrow(
    'more than 64 coefficients in a block of unit 0',
  );
  await expect(check(scan(`${same}${'1'.repeat(16)}${end}`))).rejects.toThrow('no Huffman code in unit 0');
});

test('restart markers are followed, and have to be the right ones', async () => {
  const form = {
    size: { width: 40, height: 24 },
    grey: false,
    quality: 80,
    chromaSubsampling: '4:2:0',
    optimiseCoding: false,
  } as const;
  const [headers, codes] = parts(await jpeg(form));
  // Ten such pictures below each other, each of them an interval of 3 × 2 units.
  const tall = Buffer.from(headers);
  tall.writeUInt16BE(320, head(Buffer.concat([headers, codes, EOI])).frameAt + 5);
  const stack = (...markers: readonly number[]) =>
    Buffer.concat([
      tall.subarray(0, 2),
      Buffer.of(0xff, 0xdd, 0, 4, 0, 6),
      tall.subarray(2),
      codes,
      ...markers.flatMap((marker) => [Buffer.of(0xff, marker), codes]),
      EOI,
    ]);
  const right = [0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd0];
  await check(stack(...right));
  const { info } = await sharp(stack(...right), { failOn: 'warning' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width: 40, height: 320 });
  await expect(check(stack(...right.slice(0, 8), 0xd1))).rejects.toThrow('no restart marker after unit 54 of 60');
  await expect(check(stack(...right.slice(0, 8)))).rejects.toThrow('no restart marker after unit 54 of 60');
  // The end of the second interval is missing; what the first one left in memory would fit.
  const short = stack(...right);
  const second = short.indexOf(Buffer.of(0xff, 0xd0)) + 2;
  const cut = Buffer.concat([short.subarray(0, second + codes.length - 20), short.subarray(second + codes.length)]);
  await expect(check(cut)).rejects.toThrow('end too early, in unit');
  await expect(check(stack(...right, 0xd1))).rejects.toThrow('go on after their last unit');
});

test('a progressive stream is decoded instead', async () => {
  const { data } = picture(64, 64);
  const whole = await sharp(data, { raw: { width: 64, height: 64, channels: 3 } })
    .jpeg({ progressive: true })
    .toBuffer();
  expect(head(whole).scan).toBeUndefined();
  await check(whole);
  const { scanAt } = head(whole);
  await expect(check(Buffer.concat([whole.subarray(0, scanAt + 8), whole.subarray(scanAt + 60)]))).rejects.toThrow(
    /Corrupt JPEG data/,
  );
});

test('both followers find the same in any bytes', async () => {
  const tables: (HuffmanTable | undefined)[] = [];
  const whole = await jpeg({
    size: { width: 16, height: 16 },
    grey: false,
    quality: 90,
    chromaSubsampling: '4:2:0',
    optimiseCoding: false,
  });
  // The segments of the standard tables, one after the other.
  for (let at = whole.indexOf(Buffer.of(0xff, 0xc4)); whole[at + 1] === 0xc4; at += 2 + whole.readUInt16BE(at + 2))
    expect(readHuffmanTables(whole.subarray(at + 4, at + 2 + whole.readUInt16BE(at + 2)), tables)).toBe(true);
  const blocks = [0, 0, 1].map((number) => ({ dc: tables[number]!, ac: tables[4 + number]! }));
  const [fast, plain] = [createFollower(), createPlainFollower()];
  // Many bytes of 255, followed by all that may follow them; or codes of the tables, whose blocks often go on too long.
  const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 0xff, 0xd0));
  const code = fc.constantFrom('00', '1010', '0010100010100000', '11111111001', '1111111111110101', '0', '1');
  const bytes = fc.oneof(
    fc.array(byte, { maxLength: 90 }),
    fc.array(code, { maxLength: 60 }).map((codes) => stuffed(codes.join(''))),
  );
  const faults = new Set<string>();
  fc.assert(
    fc.property(bytes, fc.nat(9), fc.integer({ min: 1, max: 3 }), (all, from, units) => {
      const data = Uint8Array.from(all);
      for (const follower of [fast, plain]) follower.begin(data, blocks);
      const start = Math.min(from, data.length);
      const found = fast.follow(start, units);
      expect(found).toEqual(plain.follow(start, units));
      faults.add(found.fault);
    }),
    { numRuns: 3000, seed: 7 },
  );
  expect([...faults].sort()).toEqual(['no code', 'none', 'too long', 'too many coefficients', 'too short']);
});
