import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { startFileServer } from '../../io/file-server.ts';
import { channelNetwork } from '../../model/networks.ts';
import { type Ended, folder, program, run, save, segtileWell, speckled, writeSlide } from '../door.ts';

// "ulimit -v" limits the addresses of a process, of which each memory of WebAssembly wants some 10 GB. Node itself takes about 1 GB.

const fixtures = folder();
const slide = join(fixtures, 'slide.tif');
const model = join(fixtures, 'm.onnx');

beforeAll(async () => {
  await writeSlide(slide, 1400, 900, speckled);
  save(fixtures, 'm.onnx', channelNetwork(0));
});

/** Runs `segtile` with so many KiB of addresses. */
function limited(kib: number, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> {
  const command = `ulimit -v ${kib} && exec "$0" "$@"`;
  return run('sh', ['-c', command, process.execPath, program, ...args], { ...(env && { env }) });
}

const infer = (output: string): string[] => [
  ...['infer', slide, '-m', model, '--window', '256', '--tissue', 'none', '--probabilities', 'float32'],
  ...['--device', 'cpu', '--output', output],
];

describe.skipIf(process.platform !== 'linux')('with few addresses', () => {
  test('a slide gets the same bytes without WebAssembly, which is said once', async () => {
    const [free, tight] = [folder(), folder()];
    const plain = await segtileWell(infer(free));
    expect(plain.stderr).not.toContain('WebAssembly');
    const ended = await limited(8_000_000, infer(tight));
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(ended.stderr.match(/WebAssembly gets no memory here/g)).toHaveLength(1);
    for (const file of ['slide.mask.ome.tif', 'slide.probabilities.ome.tif'])
      expect(readFileSync(join(tight, file)).equals(readFileSync(join(free, file))), file).toBe(true);
  });

  test('with the flag that the line names there is WebAssembly', async () => {
    const ended = await limited(8_000_000, infer(folder()), { NODE_OPTIONS: '--disable-wasm-trap-handler' });
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(ended.stderr).not.toContain('WebAssembly');
  });

  const packed = ['jpeg2000-tiles.tif', 'zstd-tiles.tif', 'lzma-tiles.tif'];
  test.each(packed)('the decoder of %s says what it lacks, and what to do', async (name) => {
    const file = fileURLToPath(new URL(`../../fixtures/tiff/${name}`, import.meta.url));
    const { code, stderr } = await limited(8_000_000, ['info', '--check', file]);
    // As `--check` says that something is not supported, which is no damage.
    expect(code).toBe(2);
    expect(stderr).toMatch(/^segtile: the decoder of [\w ]+ is WebAssembly, which gets no memory here \(.*"ulimit -v"/m);
    expect(stderr).toMatch(/^ {2}hint: lift the limit .*NODE_OPTIONS=--disable-wasm-trap-handler/m);
    expect(stderr).not.toMatch(/^ +at /m);
    const helped = await limited(8_000_000, ['info', '--check', file], { NODE_OPTIONS: '--disable-wasm-trap-handler' });
    expect(helped, helped.stderr).toMatchObject({ code: 0 });
  });

  test('where there is room for one thread of a decoder, that does the work of all', async () => {
    const file = fileURLToPath(new URL('../../fixtures/tiff/lzma-tiles.tif', import.meta.url));
    const ended = await limited(20_000_000, ['info', '--check', file]);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
  });

  test('a slide on a server is refused in words, too', async () => {
    const server = await startFileServer();
    server.files.set('/slide.tif', readFileSync(slide));
    const { code, stderr } = await limited(8_000_000, ['info', `${server.origin}/slide.tif`]);
    await server.close();
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^segtile: Node's HTTP client is WebAssembly/),
    });
  });
});
