import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

// The picture in the README: what `npm run demo` made of the sample slide, small enough to be part of the repository.
//
//   npm run demo && npx tsx samples/picture.ts

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

const { width, height, size } = await sharp(path('segtile-out/kidney.preview.jpg'))
  .resize({ width: 1000 })
  .jpeg({ quality: 78 })
  .toFile(path('samples/kidney.preview.jpg'));
console.log(`samples/kidney.preview.jpg: ${width} × ${height} px, ${Math.round(size / 1000)} kB`);
