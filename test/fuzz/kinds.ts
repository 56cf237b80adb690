import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { wrapperHeader } from '../../dist/tiff/codecs/wrap.js';
import { channelNetwork, identityNetwork, unet } from '../model/networks.ts';
import { plainDirectory } from '../tiff/pictures.ts';

/** A file that was made wrong. */
export interface Mutant {
  /** What was done to which file. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What is made wrong besides TIFF files, by who reads it; the endings of the names say what the files are. */
export const KINDS = ['tiff', 'wide', 'json', 'onnx', 'picture'] as const;

/** See {@link KINDS}. */
export type Kind = (typeof KINDS)[number];

const ring = '[[10,10],[90,10],[90,60],[10,60],[10,10]]';

/** Texts of every kind that is read; the first part of a name says by what. */
const TEXTS: Readonly<Record<string, string>> = {
  'card.json':
    '{"name":"m","color":"rgb","scale":0.00392,"mean":[0.5,0.4,0.3],"std":[0.2,0.2,0.2],"activation":"softmax","classes":[{"name":"a","color":[1,2,3],"threshold":0.4},{"name":"b"}],"mpp":0.5,"window":512,"margin":64}',
  'classes.json':
    '{"classes":[{"name":"a","label":1,"values":[1,7],"names":["A","aa"],"color":[9,8,7]},{"name":"b"}],"ignore":{"values":[255],"names":["x"]},"skip":["note"],"default":"a"}',
  'thresholds.json': '{"thresholds":{"a":0.5,"b":0.25}}',
  'augment.json':
    '{"copies":2,"seed":7,"steps":[{"kind":"rotate90","p":0.5},{"kind":"brightness","by":[0.8,1.2]},{"kind":"blur","sigma":[0.1,2]}]}',
  'variants.yaml':
    'common:\n  window: 256\nvariants:\n  - name: a\n    stride: 50%\n    tta: flips\n  - name: "b [x]"\n    resize: 512\n    threshold: 0.5\n',
  'truth.geojson': `{"type":"FeatureCollection","features":[{"type":"Feature","id":"1","geometry":{"type":"Polygon","coordinates":[${ring}]},"properties":{"objectType":"annotation","classification":{"name":"a","color":[200,0,0]},"measurements":{"area":12.5}}},{"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[${ring}]]},"properties":{"classification":{"names":["a","b"]},"childObjects":[]}},{"type":"Feature","geometry":{"type":"Point","coordinates":[3,4]},"properties":{}}]}`,
  'truth.json':
    '{"images":[{"id":1,"file_name":"slide.tif","width":120,"height":80}],"categories":[{"id":3,"name":"a"}],"annotations":[{"id":1,"image_id":1,"category_id":3,"segmentation":[[10,10,50,10,50,40]],"area":600,"bbox":[10,10,40,30]},{"id":2,"image_id":1,"category_id":3,"segmentation":{"counts":[100,20,9480],"size":[80,120]},"iscrowd":1}]}',
  'truth.csv': 'id,encoding\nslide,1 5 90 7 300 20\nother,4 4\n',
  'mpp.csv': 'slide,mpp\nslide.tif,0.25\nother.svs,0.5\n',
  'history.jsonl':
    '{"kind":"run","id":"1a2b3c4d","time":"2026-01-02T03:04:05Z","result":"out/slide.mask.ome.tif","slide":"slide.tif","model":"m","seconds":3.5}\n{"kind":"note","id":"1a2b3c4d","time":"2026-01-02T03:04:05Z","text":"good"}\n',
  'record.json':
    '{"slide":{"path":"slide.tif","width":120,"height":80,"mpp":{"x":0.5,"y":0.5}},"mask":{"path":"slide.mask.ome.tif","width":120,"height":80},"windows":{"planned":4,"run":3,"skipped":1},"seconds":{"total":1.5},"peakRssBytes":100000}',
};

/** The files to start from, of a kind other than TIFF. */
export function starts(kind: Exclude<Kind, 'tiff'>): readonly Mutant[] {
  if (kind === 'json') return Object.entries(TEXTS).map(([name, text]) => ({ name, bytes: Buffer.from(text) }));
  if (kind === 'onnx') {
    const networks = {
      channel: channelNetwork(0),
      identity: identityNetwork({ depth: 2 }),
      unet: unet(0.01),
      fixed: channelNetwork(1, { size: { width: 64, height: 32 } }),
    };
    return Object.entries(networks).map(([name, bytes]) => ({ name: `${name}.onnx`, bytes }));
  }
  if (kind === 'picture')
    return [
      { name: 'a.png', bytes: PNG },
      { name: 'a.jpg', bytes: JPEG },
    ];
  return WIDE;
}

const picture = sharp({ create: { width: 24, height: 16, channels: 3, background: '#c80a63' } });
const PNG: Uint8Array = await picture.clone().png().toBuffer();
const JPEG: Uint8Array = await picture.clone().jpeg().toBuffer();

const [MOST_SIDE, MOST_TILE] = [200_000, 16_384];

/** Sparse TIFF files with the fewest bytes for their size: one tile of each file is there, if any. */
const WIDE: readonly Mutant[] = [
  [150_000, 150_000, 16_384, 8],
  [150_000, 8192, 8192, 8],
  [60_000, 8192, 8192, 5],
  [MOST_SIDE, 4096, 4096, 8],
  [MOST_SIDE, 512, 256, 50_000],
  [MOST_SIDE, 512, 256, 8],
  [40_000, 4100, 4096, 8],
  [30_000, 30_000, 8192, 7],
  [20_000, MOST_TILE, MOST_TILE, 8],
  [100_000, 300, 304, 34_925],
].map(([width, height, tile, compression]) => wide(width!, height!, tile!, compression!));

function wide(width: number, height: number, tile: number, compression: number): Mutant {
  const count = Math.ceil(width / tile) * Math.ceil(height / tile);
  const shape = { layout: 'tiles', blockWidth: tile, blockHeight: tile } as const;
  const packed = deflateSync(new Uint8Array(tile > 4096 ? 2 ** 16 : tile * tile * 3), { level: 1 });
  const places = Array.from({ length: count }, () => ({ offset: 0, bytes: 0 }));
  const header = wrapperHeader({ ...plainDirectory(width, height), ...shape, compression }, { width, height }, places);
  // Offsets count from the end of the header; what is not in the file has none. The first tile is there.
  const view = new DataView(header.buffer);
  if (count > 1) {
    header.fill(0, header.length - 8 * count);
    view.setUint32(header.length - 8 * count, header.length, true);
    view.setUint32(header.length - 4 * count, packed.length, true);
  }
  return { name: `wide-${width}-${height}-${tile}-${compression}.tif`, bytes: Buffer.concat([header, packed]) };
}

/** The same as JSON, with one to three things wrong: what stands there replaced, repeated, nested or cut. */
export function wrongText(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const tokens = [...text.matchAll(/"[^"]*"|-?\d+(?:\.\d+)?|[[\]{},:]/g)];
  const token = tokens[random(tokens.length)];
  if (token === undefined) return bytes;
  const [before, after] = [text.slice(0, token.index), text.slice(token.index + token[0].length)];
  const other = OTHERS[random(OTHERS.length)]!;
  const made = [
    () => before + other + after,
    () => before + token[0].repeat(1 + random(5)) + after,
    () => before + '['.repeat(6000) + token[0] + ']'.repeat(6000) + after,
    () => text.slice(0, random(text.length)),
    () => before + (tokens[random(tokens.length)]?.[0] ?? '') + after,
  ][random(5)]!();
  return Uint8Array.from(Buffer.from(made, 'latin1'));
}

const OTHERS = [
  'null',
  'true',
  '0',
  '-1',
  '1e300',
  '-1e999',
  '1e-300',
  'NaN',
  '9007199254740993',
  '""',
  '"\\u0000"',
  '[]',
  '{}',
  '[[]]',
  '"a"',
  '"__proto__"',
  '2147483648',
  '{"a":{}}',
  '[1,[2,[3]]]',
  '*a',
  '&a',
];
