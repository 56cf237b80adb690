import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readLabelTile } from '../../../dist/truth/images/label-tile.js';
import { fixture } from '../read.js';

const read = (name: string) => readLabelTile(name, readFileSync(fixture(name)));

describe('a label PNG that is held', () => {
  it('gives the values of grey and of palettes, of any depth', async () => {
    const labels = readFileSync(fixture('labels.bin'));
    for (const name of ['grey-8.png', 'palette-8.png', 'palette-4.png', 'palette-2.png', 'grey-alpha.png']) {
      const found = await read(name);
      expect([found.width, found.height, found.channels]).toEqual([59, 45, 1]);
      expect(Buffer.from(found.data).equals(labels), name).toBe(true);
    }
  });

  it('is refused with colours, with values above 255, and where it is cut off', async () => {
    await expect(read('rgb.png')).rejects.toThrow('rgb.png has colours, not labels');
    // Of 16 bits, but its values are 0, 1000, 2000 and 3000.
    await expect(read('grey-16.png')).rejects.toThrow('grey-16.png has the value');
    const deep = await sharp(Uint16Array.of(0, 255, 256, 3), { raw: { width: 2, height: 2, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    await expect(readLabelTile('deep.png', deep)).rejects.toThrow('deep.png has the value 256 at pixel (0, 1)');
    const cut = readFileSync(fixture('grey-8.png')).subarray(0, -30);
    await expect(readLabelTile('cut.png', cut)).rejects.toThrow('cut.png is damaged');
    await expect(readLabelTile('text.png', Buffer.from('no image at all, but long enough for a header'))).rejects.toThrow(
      'text.png is damaged',
    );
  });
});
