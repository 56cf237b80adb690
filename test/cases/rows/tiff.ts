import { expect } from 'vitest';
import type { Case, Room } from '../table.ts';

/** What `segtile info --json` says of a case. */
async function factsOf(room: Room, name: string, ...more: readonly string[]) {
  const { code, stdout, stderr } = await room.segtile(['info', room.input(`tiff/${name}`), '--json', ...more]);
  expect(code, stdout + stderr).toBe(0);
  return JSON.parse(stdout) as {
    readonly notes: readonly string[];
    readonly sampling: string;
    readonly channels: readonly string[];
    readonly levels: readonly { readonly layout: string }[];
  };
}

/** A case that is read, with a note. */
const noted = (name: string, note: RegExp, ...more: readonly string[]): Case => ({
  name: `tiff/${name}`,
  check: async (room) => {
    const { notes } = await factsOf(room, name, '--check', ...more);
    expect(notes.join('\n')).toMatch(note);
  },
});

export const cases: readonly Case[] = [
  {
    name: 'tiff/ome_lut_2c.ome.tif',
    check: async (room) => {
      const facts = await factsOf(room, 'ome_lut_2c.ome.tif', '--check');
      expect(facts.sampling).toBe('1 × 8 bit grey');
      expect(facts.channels).toEqual(['GFP', 'mCherry']);
      expect(facts.notes.join()).toMatch(/samples are read as they are; the colour table/);
      await factsOf(room, 'ome_lut_2c.ome.tif', '--check', '--channels', 'mCherry');
    },
  },
  noted('fiji_green_lut.tif', /samples are read as they are; the colour table/),
  noted('fiji_green_lut.tif', /samples are read as they are/, '--channels', '0'),
  noted('pages_3_palette.tif', /of 3 images of 500 × 500, that in directory 0 is read\n.*colours of the palette/),
  noted('z0.ome.tif', /4 of its 5 planes are in other files such as z1\.ome\.tif/),
  {
    name: 'tiff/pad_deflate_last4of16.tif',
    check: async (room) => expect((await factsOf(room, 'pad_deflate_last4of16.tif', '--check')).notes).toEqual([]),
  },
  noted('subifd_no_width.tif', /sub-directory 0 of directory 0, .* it has no ImageWidth; it is left out/),
  noted('xres_beyond_eof.tif', /XResolution has 8 bytes at byte \d+, .*: it is left out/),
  noted('tiles_in_stripoffsets.tif', /its tiles are where the tags of strips say/),
  noted('extra_missing_4spp_rgb.tif', /1 of 4 channels left out/),
];
