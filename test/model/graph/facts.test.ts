import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { readModel } from '../../../dist/model/graph/facts.js';
import {
  type Dim,
  network,
  node,
  parseModel,
  serializeModel,
  tensor,
  valueInfo,
} from '../../../dist/model/graph/format/onnx.js';
import { build, channelNetwork, identityNetwork, unet } from '../networks.ts';
import { saved } from '../run.ts';

/** A network that only says what it takes and gives. */
function declared(
  input: readonly Dim[],
  output: readonly Dim[] | undefined,
  nodes = [node('Identity', ['in'], 'out')],
): Uint8Array {
  return serializeModel(
    network({ inputs: [valueInfo('in', 'float32', input)], outputs: [valueInfo('out', 'float32', output)], nodes }),
  );
}

describe('readModel', () => {
  it('reads what the file says', async () => {
    const bytes = channelNetwork(1, { layout: 'nhwc', size: { width: 20, height: 10 }, opset: 13, metadata: { author: 'me' } });
    const path = saved(bytes);
    expect(await readModel(path)).toEqual({
      path,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      producer: 'segtile',
      opset: 13,
      metadata: { author: 'me' },
      image: { name: 'image', element: 'float32', dims: ['n', 10, 20, 3] },
      scores: { name: 'out', element: 'float32', dims: ['n', 10, 20, 1] },
      layout: 'nhwc',
      channels: 1,
      linear: true,
    });
  });

  it('knows the channels of scores that declare them badly, or not at all', async () => {
    for (const dims of [undefined, ['a', 'b', 'c', 'd'], ['n', 'c', 256, 256]])
      for (const input of [
        ['n', 3, 'h', 'w'],
        [1, 3, 256, 256],
      ])
        expect(await readModel(saved(declared(input, dims)))).toMatchObject({ layout: 'nchw', channels: 3 });
    const hidden = ['n', 'h', 'w', 3];
    const cut = [tensor('to', BigInt64Array.of(2n))];
    const runtime = serializeModel(
      network({
        inputs: [valueInfo('in', 'float32', hidden)],
        outputs: [valueInfo('out', 'float32')],
        weights: [...cut, tensor('from', BigInt64Array.of(0n)), tensor('axis', BigInt64Array.of(3n))],
        nodes: [node('Slice', ['in', 'from', 'to', 'axis'], 'out')],
      }),
    );
    expect(await readModel(saved(runtime))).toMatchObject({ layout: 'nhwc', channels: 2 });
  });

  it('leaves open what depends on a layout that only a card can tell', async () => {
    expect(await readModel(saved(declared(['n', 'a', 'b', 'c'], ['n', 'a', 'b', 'c'])))).not.toHaveProperty('layout');
  });

  it('counts no weights that are listed among the inputs', async () => {
    const model = parseModel(unet(0.01));
    model.graph!.input.push(...model.graph!.initializer.map(({ name }) => valueInfo(name, 'float32', [1])));
    expect((await readModel(saved(serializeModel(model)))).image.name).toBe('image');
  });

  it('finds the activation that a graph ends in', async () => {
    const softmax = node('Softmax', ['same'], 'p', { axis: 1n });
    const ending = async (bytes: Uint8Array) => (await readModel(saved(bytes))).ending;
    expect(await ending(identityNetwork())).toBeUndefined();
    expect(await ending(identityNetwork({ layout: 'nhwc' }, softmax))).toEqual({
      activation: 'softmax',
      tensor: 'p',
      removable: true,
    });
    expect(await ending(identityNetwork({}, node('Sigmoid', ['same'], 'p')))).toMatchObject({
      activation: 'sigmoid',
      removable: true,
    });
    expect(await ending(identityNetwork({}, softmax, node('Relu', ['p'], 'q')))).toBeUndefined();
    const bounded = [node('Sigmoid', ['same'], 'p'), node('Clip', ['p'], 'q')];
    expect(await ending(identityNetwork({}, ...bounded))).toMatchObject({ activation: 'sigmoid', removable: false });
    const hard = node('HardSigmoid', ['same'], 'p');
    expect(await ending(identityNetwork({}, hard))).toMatchObject({ activation: 'sigmoid', removable: false });

    const shared = [node('Sigmoid', ['planes'], 'p'), node('Identity', ['p'], 'q'), node('Neg', ['p'], 'r')];
    expect(await ending(build({}, () => ({ nodes: shared, scores: 'q', channels: 3 })))).toMatchObject({ removable: false });
  });
});

describe('readModel refuses', () => {
  const whole = channelNetwork(0);
  const many = (inputs: number, outputs: number) =>
    serializeModel(
      network({
        inputs: Array.from({ length: inputs }, (_, i) => valueInfo(`in${i}`, 'float32', [1, 3, 8, 8])),
        outputs: Array.from({ length: outputs }, (_, i) => valueInfo(`out${i}`, 'float32', [1, 3, 8, 8])),
        nodes: [node('Identity', ['in0'], 'out0')],
      }),
    );
  const typed = (input: 'float32' | 'int64', output: 'float32' | 'int64') =>
    serializeModel(
      network({
        inputs: [valueInfo('in', input, [1, 3, 8, 8])],
        outputs: [valueInfo('out', output, [1, 3, 8, 8])],
        nodes: [node('Identity', ['in'], 'out')],
      }),
    );
  const cast = (opType: string, inputs: string[]) =>
    identityNetwork({}, node(opType, inputs, 'decided'), node('Cast', ['decided'], 'floats', { to: 1n }));

  it.each([
    ['an empty file', new Uint8Array(), 'is empty'],
    ['text', 'hello, this is no network', 'is not a whole ONNX file: '],
    ['JSON', '{"a": 1}', 'is not a whole ONNX file: '],
    ['half a network', whole.slice(0, whole.length / 2), 'is not a whole ONNX file: '],
    ['two inputs', many(2, 1), 'has 2 inputs ("in0" [1, 3, 8, 8], "in1" [1, 3, 8, 8]), expected 1'],
    ['no input', many(0, 1), 'has 0 inputs, expected 1'],
    ['no output', many(1, 0), 'has 0 outputs, expected 1'],
    ['three outputs', many(1, 3), 'has 3 outputs ("out0" [1, 3, 8, 8], "out1" [1, 3, 8, 8], "out2" [1, 3, 8, 8]), expected 1'],
    ['a volume', declared([1, 2, 8, 8, 8], [1, 2, 8, 8, 8]), 'has 5 dimensions, expected 4'],
    ['a vector for no batch', declared([3, 8, 8], [1000]), 'has 1 dimensions, expected 4'],
    ['labels', typed('float32', 'int64'), 'is int64'],
    ['rounded scores', cast('Round', ['same']), 'holds decisions, not scores: the graph ends in Round'],
  ])('%s', async (_, content, message) => {
    const path = saved(content);
    const failure = await readModel(path).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ name: 'SegtileError', code: 'model' });
    expect(String(failure)).toContain(path);
    expect(String(failure)).toContain(message);
  });

  it('what is no file', async () => {
    // It would be read for ever.
    await expect(readModel('/dev/zero')).rejects.toMatchObject({ code: 'input', message: '/dev/zero is not a regular file' });
    await expect(readModel('/nowhere/m.onnx')).rejects.toMatchObject({
      code: 'input',
      message: 'no such model file: /nowhere/m.onnx',
    });
    await expect(readModel(tmpdir())).rejects.toMatchObject({ code: 'input', message: expect.stringMatching(/is a folder/) });
  });

  it('to go on where it is told to stop', async () => {
    await expect(readModel(saved(whole), AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
  });
});
