// `npm run demo`: goes all the way from a slide to a mask, with the sample slide and a bundled model.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const command = ['infer', 'samples/kidney.tif', '--model', 'kidney', '--overwrite'];
console.log(`\n$ segtile ${command.join(' ')}\n`);
const { status } = spawnSync(process.execPath, ['bin/segtile.js', ...command], { cwd: root, stdio: 'inherit' });
if (status === 0) {
  console.log(`
How to look at it:
  segtile-out/kidney.preview.jpg     in any picture viewer: the slide, the mask over it, skipped glass hatched
  segtile-out/kidney.mask.ome.tif    in QuPath or Fiji: as large as samples/kidney.tif, to the pixel, with its pixel size
  segtile-out/kidney.run.json        every setting, what it was based on, and where the time went

Next: segtile infer --help, or your own slide: node bin/segtile.js infer your-slide.svs
All of it in the browser, zoomed to the last pixel: node bin/segtile.js view segtile-out`);
}
process.exitCode = status ?? 1;
