import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { disc, folder, program, save, segtileWell, writeSlide } from '../cli/door.js';
import { redClassifier } from '../model/classifiers.js';
import { channelNetwork, identityNetwork } from '../model/networks.js';

/** Sides in px: of slides that examples shrink, and of those that they cut into windows. A quarter of what examples speak of. */
const LARGE = 520;
export const SMALL = 260;

/** A card for a model of slides of 0.5 um per pixel. */
const card = (activation: string, names: readonly string[]): string =>
  JSON.stringify({ activation, classes: names.map((name) => ({ name })), mpp: 0.5 });

/** Writes a label image: 1 in a disc, 0 elsewhere. */
export async function labelled(path: string, side: number, radius: number): Promise<void> {
  const data = Buffer.alloc(side * side);
  for (let at = 0; at < data.length; at++) {
    if (Math.hypot((at % side) - side / 2, Math.floor(at / side) - side / 2) < radius) data[at] = 1;
  }
  const image = sharp(data, { raw: { width: side, height: side, channels: 1 } }).toColourspace('b-w');
  await (path.endsWith('.tif') ? image.tiff({ compression: 'deflate' }) : image.png()).toFile(path);
}

const stained = (side: number) => disc(side / 2, side / 2, side / 3);

/**
 * A folder with everything that examples name: slides, truth, models, and what earlier commands would have left. What a block of commands
 * makes itself lies in `made`, to be taken where it does not.
 */
export async function createWorld(): Promise<string> {
  const at = folder();
  for (const name of ['slides', 'truth', 'epochs', 'made', 'bin']) mkdirSync(join(at, name));
  const large = await writeSlide(join(at, 'slide.tif'), LARGE, LARGE, stained(LARGE), { mpp: 0.5 });
  cpSync(large, join(at, 'slide.svs'));
  for (const name of ['truth.tif', 'truth/slide.png']) await labelled(join(at, name), LARGE, LARGE / 3);
  await writeSlide(join(at, 'kidney.tif'), SMALL, SMALL, stained(SMALL), { mpp: 1 });
  await labelled(join(at, 'kidney.truth.tif'), SMALL, SMALL / 3);
  const pairs = ['slide,truth,patient'];
  for (let i = 1; i <= 5; i++) {
    const slide = await writeSlide(join(at, `slides/s${i}.tif`), SMALL, SMALL, stained(SMALL), { mpp: 0.25 });
    if (i < 3) cpSync(slide, join(at, `slides/s${i}.svs`));
    await labelled(join(at, `truth/s${i}.png`), SMALL, SMALL / 3);
    pairs.push(`slides/s${i}.tif,truth/s${i}.png,patient ${i}`);
  }
  // A study of two sites, each with slides of its own.
  for (const site of ['a', 'b']) {
    cpSync(join(at, 'slides/s1.tif'), join(at, `study/${site}/1.tif`));
    cpSync(join(at, 'truth/s1.png'), join(at, `study-truth/${site}/1.png`));
  }
  save(at, 'pairs.csv', `${pairs.join('\n')}\n`);
  save(at, 'predictions.csv', 'id,predicted\ns1,1 3 9 2\n');
  save(at, 'truth.csv', 'id,encoding\ns1,1 3\n');
  save(at, 'variants.yaml', 'variants:\n  - { name: one, window: 128 }\n  - { name: other, window: 128, margin: 0 }\n');
  for (const name of ['model', 'glomeruli', 'a', 'b', 'epochs/1', 'epochs/2']) save(at, `${name}.onnx`, channelNetwork(0));
  save(at, 'tumor.onnx', channelNetwork(0));
  save(at, 'tumor.segtile.json', card('none', ['tumor']));
  save(at, 'classifier.onnx', redClassifier(0.7));
  save(at, 'classifier.segtile.json', JSON.stringify({ window: 128, classes: [{ name: 'tumor' }] }));
  save(at, 'both.onnx', identityNetwork());
  save(at, 'both.segtile.json', card('softmax', ['tumor', 'stroma']));
  // `segtile` as it stands on the path of who has installed it.
  writeFileSync(join(at, 'bin/segtile'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(join(at, 'bin/segtile'), 0o755);

  const made = { cwd: join(at, 'made') };
  const maps = ['--probabilities', 'float32', '--no-preview', '--quiet'];
  await segtileWell(['infer', large, '-m', '../both.onnx', ...maps], made);
  for (const shard of ['1/2', '2/2']) {
    await segtileWell(['infer', large, '-m', join(at, 'both.onnx'), '--shard', shard, '--quiet', '-o', 'out'], made);
  }
  cpSync(join(at, 'made/segtile-out/slide.probabilities.ome.tif'), join(at, 'made/slide.probabilities.ome.tif'));
  cpSync(join(at, 'made/slide.probabilities.ome.tif'), join(at, 'made/maps/slide.probabilities.ome.tif'));
  await segtileWell(['infer', '../kidney.tif', '-m', 'kidney', '--no-preview', '--quiet', '-o', 'kidney.mask.ome.tif'], made);
  await segtileWell(['pseudo-label', 'segtile-out', '-o', 'labels', '--quiet'], made);
  await segtileWell(
    ['make-dataset', '../slides/s1.tif', '--truth', '../truth', '--window', '75', '--tissue', 'none', '-o', 'tiles', '--quiet'],
    made,
  );
  cpSync(join(at, 'made/tiles/masks'), join(at, 'made/predicted'), { recursive: true });
  // Masks for `segtile objects`: one of its own, and a picture of labels that a file explains.
  cpSync(join(at, 'made/kidney.mask.ome.tif'), join(at, 'nuclei.mask.ome.tif'));
  cpSync(join(at, 'truth/slide.png'), join(at, 'labels.png'));
  save(at, 'classes.json', '{ "classes": [{ "name": "nucleus", "label": 1 }] }');
  return at;
}
