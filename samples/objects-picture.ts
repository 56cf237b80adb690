import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

// Makes the picture in the README of the objects of the sample slide as a viewer shows them: a part of the slide, and the
// outlines of a GeoJSON over it, in the colours that it gives them.
//
//   segtile objects samples/kidney.truth.tif --classes CLASSES.json --simplify 1px -o objects
//   npx tsx samples/objects-picture.ts objects/kidney.truth.objects.geojson
//
// where CLASSES.json lists glomerulus, sclerosed glomerulus, tubule and vessel.

interface Feature {
  readonly geometry: { readonly type: string; readonly coordinates: readonly unknown[] };
  readonly properties: { readonly classification: { readonly name: string; readonly color: readonly number[] } };
}

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
const [objects] = process.argv.slice(2);
if (objects === undefined) throw new Error('name the GeoJSON');
/** The part that is shown, in px of the slide, and the width of its picture. */
const part = { left: 1250, top: 800, width: 1500, height: 840 };
const width = 1000;

const { features } = JSON.parse(readFileSync(objects, 'utf8')) as { readonly features: readonly Feature[] };
const shapes = features.map(({ geometry: { type, coordinates }, properties: { classification } }) => {
  const polygons = (type === 'Polygon' ? [coordinates] : coordinates) as readonly (readonly (readonly [number, number])[])[][];
  const rings = polygons.flat().map((ring) => `M${ring.map(([x, y]) => `${x - part.left} ${y - part.top}`).join('L')}Z`);
  return `<path d="${rings.join('')}" fill="none" stroke="rgb(${classification.color.join()})" stroke-width="4"/>`;
});
const box = `width="${part.width}" height="${part.height}"`;
const over = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${box}>${shapes.join('')}</svg>`);
const drawn = await sharp(path('samples/kidney.tif'))
  .extract(part)
  .composite([{ input: over }])
  .png()
  .toBuffer();
const picture = sharp(drawn).resize({ width }).webp({ quality: 62, effort: 6 });
const { height, size } = await picture.toFile(path('samples/objects.webp'));
process.stdout.write(`samples/objects.webp: ${width} x ${height} px, ${Math.round(size / 1000)} kB\n`);
