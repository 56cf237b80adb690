import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

// Makes the picture in the README: the result of `npm run demo` on the sample slide, small enough to be kept in the repository.
//
//   npm run demo && npx tsx samples/picture.ts

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

const { width, height, size } = await sharp(path('segtile-out/kidney.preview.jpg'))
  .resize({ width: 1000 })
  .jpeg({ quality: 78 })
  .toFile(path('samples/kidney.preview.jpg'));
console.log(`samples/kidney.preview.jpg: ${width} × ${height} px, ${Math.round(size / 1000)} kB`);
