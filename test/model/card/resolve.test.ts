import { describe, expect, it } from 'vitest';
import type { Card } from '../../../dist/model/card/card.js';
import type { Model } from '../../../dist/model/card/model.js';
import { resolveModel } from '../../../dist/model/card/resolve.js';
import { type ModelFile, readModel } from '../../../dist/model/graph/facts.js';
import { network, node, serializeModel, valueInfo } from '../../../dist/model/graph/format/onnx.js';
import { defaultColor } from '../../../dist/plan/palette.js';
import { channelNetwork, type Form, identityNetwork, positionNetwork, unet } from '../networks.ts';
import { logitsOf, modelOf, saved } from '../run.ts';

/** What is known of a network that gives logits. */
const resolved = (file: ModelFile, card: Card | undefined, flags: Card = {}): Model =>
  resolveModel(file, card, flags, logitsOf(file));

const softmax = node('Softmax', ['same'], 'p', { axis: 1n });
const sigmoid = node('Sigmoid', ['same'], 'p');
const classes = (...names: string[]) => names.map((name) => ({ name }));

describe('what is taken where nobody says', () => {
  it('one channel', async () => {
    const model = await modelOf(channelNetwork(0));
    expect(model).toMatchObject({
      name: expect.stringMatching(/^\d+-network$/),
      channels: 1,
      labels: [1],
      exclusive: false,
      activation: 'sigmoid',
      squash: 'sigmoid',
      layout: 'nchw',
      color: 'rgb',
      normalize: { gain: [1 / 255, 1 / 255, 1 / 255], offset: [0, 0, 0] },
      classes: [{ label: 1, name: 'class 1', color: [0, 158, 115] }],
      notes: [
        'color rgb assumed',
        'samples scaled from 0..255 to 0..1',
        'activation sigmoid: logits, as the graph ends linearly',
      ],
    });
    expect(model).not.toHaveProperty('fixedWindow');
    expect(model).not.toHaveProperty('mpp');
  });

  it('what a card says that the graph does already', async () => {
    const model = await modelOf(identityNetwork({}, sigmoid), { activation: 'sigmoid' });
    expect(model).toMatchObject({ activation: 'none', squash: 'sigmoid' });
    expect(model.notes).toContain('the graph ends in sigmoid: activation none, which the flags say too');
  });

  it('several channels, one channel of image, uint8, fixed size', async () => {
    expect(await modelOf(identityNetwork())).toMatchObject({ activation: 'softmax', exclusive: true, labels: [0, 1, 2] });
    expect(await modelOf(channelNetwork(0, { depth: 1 }))).toMatchObject({ color: 'gray', normalize: { gain: [1 / 255] } });
    expect(await modelOf(channelNetwork(0, { element: 'uint8' }))).toMatchObject({ normalize: 'none' });
    const size = { width: 20, height: 10 };
    expect(await modelOf(channelNetwork(0, { size, layout: 'nhwc' }))).toMatchObject({ layout: 'nhwc', fixedWindow: size });
  });

  it('what the graph ends in', async () => {
    expect(await modelOf(identityNetwork({}, softmax))).toMatchObject({
      activation: 'none',
      exclusive: true,
      squash: 'softmax',
    });
    const model = await modelOf(identityNetwork({}, sigmoid));
    expect(model).toMatchObject({ activation: 'none', exclusive: false, squash: 'sigmoid', labels: [1, 2, 3] });
    expect(model.notes).toContain('the graph ends in sigmoid: activation none');
    const none = await modelOf(identityNetwork(), { activation: 'none' });
    expect(none).toMatchObject({ exclusive: true });
    expect(none).not.toHaveProperty('squash');
  });
});

describe('labels', () => {
  const form: Form & { channels: number } = { channels: 4 };
  const labelled = async (card: Card) => {
    const { labels, classes: shown } = await modelOf(unet(0.01, form), card);
    return [labels, shown.map(({ name }) => name)];
  };

  it.each<[string, Card, number[], string[]]>([
    ['competing, none listed', {}, [0, 1, 2, 3], ['class 1', 'class 2', 'class 3']],
    ['competing, all but background listed', { classes: classes('a', 'b', 'c') }, [0, 1, 2, 3], ['a', 'b', 'c']],
    ['competing, background listed', { classes: classes('Background', 'a', 'b', 'c') }, [0, 1, 2, 3], ['a', 'b', 'c']],
    ['competing, no background', { classes: classes('a', 'b', 'c', 'd') }, [1, 2, 3, 4], ['a', 'b', 'c', 'd']],
    ['independent', { activation: 'sigmoid' }, [1, 2, 3, 4], ['class 1', 'class 2', 'class 3', 'class 4']],
    [
      'independent, listed',
      { activation: 'sigmoid', classes: classes('a', 'b', 'c', 'd') },
      [1, 2, 3, 4],
      ['a', 'b', 'c', 'd'],
    ],
    [
      'said to be independent',
      { activation: 'none', exclusive: false },
      [1, 2, 3, 4],
      ['class 1', 'class 2', 'class 3', 'class 4'],
    ],
  ])('%s', async (_, card, labels, names) => {
    expect(await labelled(card)).toEqual([labels, names]);
  });

  it.each<[string, Card]>([
    ['too few', { classes: classes('a', 'b') }],
    ['too many', { classes: classes('a', 'b', 'c', 'd', 'e') }],
    ['too few with background', { classes: classes('background', 'a', 'b') }],
    ['too few that are independent', { activation: 'sigmoid', classes: classes('a', 'b', 'c') }],
  ])('%s', async (_, card) => {
    await expect(labelled(card)).rejects.toMatchObject({
      code: 'model',
      message: expect.stringMatching(/classes .* has 4 channels/),
    });
  });

  it('fit into a byte', async () => {
    const wide = (channels: number, card: Card) => modelOf(unet(0.001, { channels }), card);
    expect((await wide(256, {})).classes).toHaveLength(255);
    await expect(wide(257, {})).rejects.toMatchObject({ message: expect.stringMatching(/256 classes, a mask holds 255/) });
    await expect(wide(256, { activation: 'sigmoid' })).rejects.toMatchObject({ code: 'model' });
  });
});

describe('normalisation', () => {
  it('is gain and offset', async () => {
    const { normalize } = await modelOf(channelNetwork(0), { scale: 2, mean: [4], std: [1, 2, 8] });
    expect(normalize).toEqual({ gain: [2, 1, 0.25], offset: [-4, -2, -0.5] });
    expect((await modelOf(channelNetwork(0), { standardize: 'window' })).normalize).toBe('window');
  });
});

describe('the user beats the card', () => {
  it('key by key', async () => {
    const file = await readModel(saved(channelNetwork(0)));
    const model = resolved(file, { name: 'card', mpp: 0.5, margin: 8, window: 64 }, { name: 'flag', margin: 16 });
    expect(model).toMatchObject({ name: 'flag', mpp: 0.5, margin: 16, window: 64 });
    expect(() => resolved(file, { standardize: 'window' }, { scale: 1 })).toThrow(
      /the card with the flags: standardize leaves nothing/,
    );
  });
});

describe('a contradiction names both sides', () => {
  const size = { width: 20, height: 10 };
  it.each<[Uint8Array, Card, RegExp]>([
    [
      channelNetwork(0),
      { layout: 'nhwc' },
      /^the card says layout "nhwc" but input "image" \[n, 3, in_height, in_width\] of .* is nchw$/,
    ],
    [channelNetwork(0), { color: 'gray' }, /^the card says color "gray" but input .* has 3 channels$/],
    [channelNetwork(0, { depth: 1 }), { color: 'rgb' }, /^the card says color "rgb" but input .* has 1 channel$/],
    [channelNetwork(0, { depth: 1 }), { mean: [1, 2, 3] }, /^the card says mean \[1,2,3\] but the image has 1 channel$/],
    [channelNetwork(0, { size }), { window: 512 }, /^the card says window 512 but input .* takes 20 × 10 px$/],
    [channelNetwork(0, { element: 'uint8' }), { std: [2] }, /^the card says std \[2\] but input .* is uint8$/],
    [
      channelNetwork(0, { element: 'uint8' }),
      { standardize: 'window' },
      /^the card says standardize "window" but input .* is uint8$/,
    ],
    [channelNetwork(0), { activation: 'softmax' }, /^the card says activation "softmax" but output .* has 1 channel$/],
    [
      identityNetwork({}, softmax),
      { activation: 'sigmoid' },
      /^the card says activation "sigmoid" but the graph of .* ends in softmax already$/,
    ],
    [channelNetwork(0), { classes: classes('a', 'b') }, /^the card says classes .* has 1 channel$/],
  ])('%#', async (bytes, card, message) => {
    const file = await readModel(saved(bytes));
    expect(() => resolved(file, card)).toThrow(
      expect.objectContaining({ code: 'model', message: expect.stringMatching(message) }),
    );
    const byFlag = new RegExp(message.source.replace('the card says', 'the flags say'));
    expect(() => resolved(file, undefined, card)).toThrow(byFlag);
  });
});

describe('what the file leaves open', () => {
  const open = (input: (string | number)[], output: (string | number)[]) =>
    serializeModel(
      network({
        inputs: [valueInfo('in', 'float32', input)],
        outputs: [valueInfo('out', 'float32', output)],
        nodes: [node('Identity', ['in'], 'out')],
      }),
    );

  it('the card closes', async () => {
    const file = await readModel(saved(open(['n', 'a', 'b', 'c'], ['n', 'a', 'b', 3])));
    expect(() => resolved(file, undefined)).toThrow(/does not say which of its axes holds the channels/);
    expect(resolved(file, { layout: 'nhwc' })).toMatchObject({ layout: 'nhwc', color: 'rgb', channels: 3 });
  });

  it('or what it gives', async () => {
    const file = await readModel(saved(open(['n', 'a', 'b', 'c'], ['n', 'a', 'b', 'c'])));
    expect(resolved(file, { layout: 'nhwc' })).toMatchObject({ depth: 3, channels: 3 });
  });

  it.each<[(string | number)[], object]>([
    [[1, 4, 64, 64], { layout: 'nchw', depth: 4 }],
    [[1, 64, 64, 5], { layout: 'nhwc', depth: 5 }],
    [['n', 7, 'h', 'w'], { layout: 'nchw', depth: 7 }],
    [['n', 'h', 'w', 2], { layout: 'nhwc', depth: 2 }],
  ])('a network for images %j takes channels', async (dims, facts) => {
    const file = await readModel(saved(open(dims, dims)));
    expect(resolved(file, undefined)).toMatchObject({ ...facts, color: 'channels', samples: 'uint8' });
    expect(() => resolved(file, { color: 'rgb' })).toThrow(/^the card says color "rgb" but input .* has \d channels$/);
  });

  it('sizes that could be anything are an error', async () => {
    for (const dims of [
      [1, 4, 64, 96],
      [1, 64, 64, 64],
      ['n', 4, 'h', 4],
      ['n', 'c', 64, 64],
    ]) {
      const file = await readModel(saved(open(dims, dims)));
      expect(() => resolved(file, undefined)).toThrow(/does not say which of its axes holds the channels/);
    }
  });

  it('a softmax over one channel is an error: it is 1 everywhere', async () => {
    const file = await readModel(saved(identityNetwork({ depth: 1 }, node('Softmax', ['same'], 'p', { axis: 1n }))));
    expect(() => resolved(file, undefined)).toThrow(/ends in a softmax over 1 channel, which is 1 for every pixel/);
  });

  it('a batch that is fixed is said', async () => {
    expect((await modelOf(positionNetwork({ batch: 4 }))).notes).toContain(
      'exported for batches of 4: that many windows go through it together',
    );
  });
});

it('default colours differ', () => {
  const colors = Array.from({ length: 21 }, (_, index) => defaultColor(index + 1).join());
  expect(new Set(colors).size).toBe(21);
});
