import { expect } from 'vitest';
import { type Case, expectError, type Room } from '../table.ts';

interface Facts {
  readonly mpp: { readonly x: number; readonly y: number } | null;
  readonly notes: readonly string[];
}

async function info({ input, segtile }: Room, name: string): Promise<Facts> {
  const ended = await segtile(['info', '--json', input(name)]);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  return JSON.parse(ended.stdout) as Facts;
}

const halfMicron = (name: string): Case => ({
  name: `mpp/${name}: 0.5 µm, 40,000 px`,
  check: async (room) => {
    expect((await info(room, `mpp/${name}`)).mpp).toMatchObject({ x: 0.5, y: 0.5 });
    const [model, slide] = room.copy('mpp/m5.onnx', `mpp/${name}`, 'mpp/m5.segtile.json');
    expect((await room.labelled(slide!, model!, '--tissue', 'none')).px).toBe(40_000);
  },
});

const unknown = (name: string, quote: string): Case => ({
  name: `mpp/${name}: unknown, with a note; an error where a model asks`,
  check: async (room) => {
    const { mpp, notes } = await info(room, `mpp/${name}`);
    expect(mpp).toBeNull();
    expect(notes.join()).toContain(quote);
    const [model, slide] = room.copy('mpp/m5.onnx', `mpp/${name}`, 'mpp/m5.segtile.json');
    expectError(await room.segtile(['infer', slide!, '-m', model!, '--tissue', 'none', '-o', 'out/']), /--slide-mpp/);
    const given = await room.labelled(slide!, model!, '--tissue', 'none', '--slide-mpp', '0.5');
    expect(given.px).toBe(40_000);
  },
});

/** How large pixels are. */
export const cases: readonly Case[] = [
  unknown('yunit.ome.tif', '0.5 × 0.0005 µm'),
  unknown('huge.ome.tif', '352.8 µm'),
  halfMicron('um_latin1.ome.tif'),
  halfMicron('xonly.ome.tif'),
  halfMicron('ij.tif'),
];
