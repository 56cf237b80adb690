import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { deflateCodec } from '../../../dist/tiff/write/tile-codec.js';
import { writeTiff } from '../../../dist/tiff/write/write.js';
import { folder, readMask, readMaskAgain, segtileWell } from '../door.ts';

/** Written by segtile when it still wrote numbered characters and predictor 3, see `make.ts` there. */
const before = (name: string): string => fileURLToPath(new URL(`../../fixtures/mask/before.${name}.ome.tif`, import.meta.url));
const names = ['é & "à"', "<b>'a' >", '세포 🔬'];
const cwd = folder();

async function evaluated(mask: string, ...words: readonly string[]): Promise<{ names: string[]; dice: number[] }> {
  const { stdout } = await segtileWell(['evaluate', mask, mask, '--json', '--quiet', ...words], { cwd });
  const { classes } = JSON.parse(stdout.split('\n')[0]!) as { classes: { name: string; dice: number }[] };
  return { names: classes.map((each) => each.name), dice: classes.map((each) => each.dice) };
}

test('a mask of before names its classes, and says how large its pixels are', async () => {
  expect(await evaluated(before('mask'), '--tolerance', '1um')).toEqual({ names, dice: [1, 1, 1] });
});

test('probabilities of before give the mask of before, with the same names', async () => {
  copyFileSync(before('probabilities'), join(cwd, 'before.probabilities.ome.tif'));
  await segtileWell(['threshold', 'before.probabilities.ome.tif', '-o', 'again', '--quiet'], { cwd });
  const again = join(cwd, 'again', 'before.mask.ome.tif');
  expect((await readMask(again)).data.equals((await readMaskAgain(before('mask'))).data)).toBe(true);
  expect((await evaluated(again, '--tolerance', '1um')).names).toEqual(names);
});

test.each([
  ['by number', '&#233; &#38; &#34;&#224;&#34;', "&#60;b&#62;'a' &#62;", '&#49464;&#54252; &#128300;'],
  [
    'by hexadecimal number',
    '&#xE9; &#x26; &#x22;&#xe0;&#x22;',
    '&#x3C;b&#x3e;&#x27;a&#x27; &#X3E;',
    '&#xC138;&#xd3ec; &#x1F52C;',
  ],
  ['by name', 'é &amp; &quot;à&quot;', '&lt;b&gt;&apos;a&apos; &gt;', '세포 🔬'],
  ['as they are', 'é &amp; "à"', "&lt;b>'a' >", '세포 🔬'],
])('class names are read whose characters stand %s, however else the XML is written', async (how, ...texts) => {
  const entries = texts.map((text, i) => `<ome:M\n K='${i + 1}' >${text} #0${i}64c8</ome:M>`).join('');
  const xml = `<?xml version='1.0'?><ome:OME xmlns:ome="http://www.openmicroscopy.org/Schemas/OME/2016-06"><ome:StructuredAnnotations>
    <ome:MapAnnotation Namespace="other"><ome:Value><ome:M K="1">no #000000</ome:M></ome:Value></ome:MapAnnotation>
    <ome:MapAnnotation Namespace='segtile/classes' ID="Annotation:1"><ome:Value>${entries}</ome:Value></ome:MapAnnotation>
    </ome:StructuredAnnotations></ome:OME>`;
  const name = `${how}.ome.tif`;
  const [width, height] = [40, 30];
  const layout = { size: { width, height }, channels: 1, tile: 16, codec: deflateCodec('labels') } as const;
  const sink = await writeTiff(join(cwd, name), { ...layout, reduce: 'majority', levels: 'subifd', description: xml });
  await sink.write({ y: 0, width, height, channels: 1, data: Uint8Array.from({ length: width * height }, (_, i) => i % 4) });
  await sink.finish();
  expect(await evaluated(name)).toEqual({ names, dice: [1, 1, 1] });
});
