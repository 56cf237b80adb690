import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { node, parseModel, serializeModel, tensor } from '../../../../dist/model/graph/format/onnx.js';
import { folder, segtile, speckled, writeSlide } from '../../../cli/door.ts';
import { build, channelNetwork } from '../../networks.ts';

// Weights in a file beside the network: where they may lie, for `info` and `infer` alike.

const home = folder();
const slide = join(home, 'slide.tif');

beforeAll(async () => {
  await writeSlide(slide, 300, 200, speckled);
});

/** Writes a network that multiplies red by a number in another file, and that file where one is named. */
function outside(
  at: string,
  { place, weights, model = 'm.onnx' }: { place: string; weights?: string; model?: string },
): string {
  const factor = Float32Array.of(0.5);
  const network = build({}, (image) => ({
    weights: [tensor('factor', factor), tensor('red', BigInt64Array.of(0n))],
    nodes: [node('Gather', [image, 'red'], 'picked', { axis: 1n }), node('Mul', ['picked', 'factor'], 'product')],
    scores: 'product',
    channels: 1,
  }));
  const proto = parseModel(network);
  const moved = proto.graph!.initializer.find(({ name }) => name === 'factor')!;
  moved.rawData = new Uint8Array();
  moved.dataLocation = 1;
  moved.externalData = Object.entries({ location: place, offset: '0', length: '4' }).map(([key, value]) => ({
    $typeName: 'onnx.StringStringEntryProto',
    key,
    value,
  }));
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, model), serializeModel(proto));
  if (weights !== undefined) writeFileSync(join(at, weights), new Uint8Array(factor.buffer));
  return join(at, model);
}

const commands = (model: string): string[][] => [
  ['info', model],
  ['infer', slide, '-m', model, '--window', '64', '--tissue', 'none', '--device', 'cpu', '-o', join(folder(), 'out')],
];

const good: Record<string, () => string> = {
  'a file beside it': () => outside(folder(), { place: 'w.bin', weights: 'w.bin' }),
  'a folder beside it': () => {
    const at = folder();
    mkdirSync(join(at, 'weights'));
    return outside(at, { place: 'weights/w.bin', weights: 'weights/w.bin' });
  },
  'a folder that is a link': () => {
    const at = folder();
    outside(join(at, 'real'), { place: 'w.bin', weights: 'w.bin' });
    symlinkSync('real', join(at, 'link'));
    return join(at, 'link', 'm.onnx');
  },
  'the cache of Hugging Face, whose files are links to what is named by its hash': () => {
    const at = folder();
    outside(join(at, 'blobs'), { place: 'model.onnx_data', weights: '4f2a', model: '9c1b' });
    const shown = join(at, 'snapshots', 'main');
    mkdirSync(shown, { recursive: true });
    symlinkSync('../../blobs/9c1b', join(shown, 'model.onnx'));
    symlinkSync('../../blobs/4f2a', join(shown, 'model.onnx_data'));
    return join(shown, 'model.onnx');
  },
  'the store of DVC, whose files lie in folders by their hash': () => {
    const at = folder();
    outside(join(at, 'cache/9c'), { place: 'w.bin', model: '1b' });
    mkdirSync(join(at, 'cache/4f'));
    writeFileSync(join(at, 'cache/4f/2a'), new Uint8Array(Float32Array.of(0.5).buffer));
    symlinkSync('cache/9c/1b', join(at, 'm.onnx'));
    symlinkSync('cache/4f/2a', join(at, 'w.bin'));
    return join(at, 'm.onnx');
  },
};

test.each(Object.entries(good))('%s is read', async (_, make) => {
  for (const command of commands(make())) {
    const ended = await segtile(command);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
  }
});

const beside = (make: (at: string) => void, place = 'w.bin') => {
  return () => {
    const at = folder();
    const model = outside(at, { place });
    make(at);
    return model;
  };
};

const bad: Record<string, readonly [make: () => string, says: RegExp]> = {
  'a path upwards': [
    beside((at) => cpSync(slide, join(at, '..', 'w.bin')), '../w.bin'),
    /has weights in "\.\.\/w\.bin", which is not a path below its folder/,
  ],
  'a path upwards behind a folder': [
    beside((at) => mkdirSync(join(at, 'a')), 'a/../../w.bin'),
    /is not a path below its folder/,
  ],
  'a path from the root': [beside(() => undefined, slide), /is not a path below its folder/],
  'a path from the root of Windows': [beside(() => undefined, 'C:\\w.bin'), /is not a path below its folder/],
  'no path': [beside(() => undefined, ''), /is not a path below its folder/],
  'a link out of its folder': [
    beside((at) => symlinkSync(slide, join(at, 'w.bin'))),
    /leads to .*slide\.tif, out of its folder/,
  ],
  'a folder': [beside((at) => mkdirSync(join(at, 'w.bin'))), /w\.bin is a folder/],
  'a pipe': [beside((at) => execFileSync('mkfifo', [join(at, 'w.bin')])), /w\.bin is not a regular file/],
  'a device': [beside((at) => symlinkSync('/dev/zero', join(at, 'w.bin'))), /w\.bin is not a regular file/],
  nothing: [beside(() => undefined), /no such file/],
  'too few bytes': [beside((at) => writeFileSync(join(at, 'w.bin'), 'abc')), /should have 4 bytes but have 3/],
};

test.each(Object.entries(bad))('%s is refused', async (_, [make, says]) => {
  for (const command of commands(make())) {
    const ended = await segtile(command);
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stderr).toMatch(says);
    expect(ended.stderr).toMatch(/\n {2}hint: /);
    expect(ended.stderr).not.toMatch(/^ +at /m);
  }
});

/** A network with other numbers in its declarations. */
function declared(change: (model: ReturnType<typeof parseModel>) => void): string {
  const model = parseModel(channelNetwork(0));
  change(model);
  const path = join(folder(), 'm.onnx');
  writeFileSync(path, serializeModel(model));
  return path;
}

const huge: Record<string, Parameters<typeof channelNetwork>[1]> = {
  'input channels': { depth: 1_000_000_007 },
  'input channels behind': { depth: 1_000_000_007, layout: 'nhwc' },
  'more channels than any picture': { depth: 5000 },
  sides: { size: { width: 1_000_000, height: 1_000_000 } },
  'a batch': { batch: 1_000_000_000, size: { width: 256, height: 256 } },
};

test.each(Object.entries(huge))('%s beyond memory are refused before room is made for them', async (_, form) => {
  const path = join(folder(), 'm.onnx');
  writeFileSync(path, channelNetwork(0, form));
  for (const command of commands(path)) {
    const ended = await segtile(command);
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stderr).toMatch(/is larger than segtile can hold: \d+ (numbers|channels) at most/);
  }
});

test.each([
  ['a newer form', { irVersion: 99n }, /cannot be loaded: .*IR version: 99.*\n {2}hint: .*ir_version \d+ or lower/],
  ['newer operators', { opset: 99n }, /cannot be loaded: .*\n {2}hint: .*opset_version \d+ or lower/],
  ['an unknown operator', { operator: 'NoSuch' }, /cannot be loaded: .*\n {2}hint: onnxruntime has no operator NoSuch: export/],
])(
  '%s has a hint of its own',
  async (_, { irVersion, opset, operator }: { irVersion?: bigint; opset?: bigint; operator?: string }, says) => {
    const path = declared((model) => {
      if (irVersion !== undefined) model.irVersion = irVersion;
      if (opset !== undefined) for (const used of model.opsetImport) used.version = opset;
      if (operator !== undefined) model.graph!.node[0]!.opType = operator;
    });
    const ended = await segtile(commands(path)[1]!);
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stderr).toMatch(says);
    expect(ended.stderr).not.toContain('multiples of 32');
  },
);
