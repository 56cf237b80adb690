import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { predictedName } from '../../dist/pipeline/evaluate/prediction.js';
import { matchFolder, matchTruths, slideName } from '../../dist/truth/match.js';
import { fixture } from './read.js';

const folder = mkdtempSync(join(tmpdir(), 'segtile-match-'));
const written = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe('matchFolder', () => {
  it.each([
    'a.truth.tif',
    'a.geojson',
    'a-anatomical-structure.json',
    'a_mask.png',
    'A_MASK.PNG',
    'a.png',
    'a.ome.tif',
    'a-labels.ome.tiff',
    'a.svs.geojson',
    'a.svs.geojson.gz',
    'a.svs.mask.tif',
    'A.SVS.tif',
    'a.svs_mask.png',
    'a.json.gz',
    'a.svs.geojson.zip',
    'a.zip',
  ])('takes %s for the truth of a.svs', (name) => {
    const found = matchFolder(['/s/a.svs'], '/t', ['ab.png', 'b.truth.tif', name]);
    expect(found).toEqual([{ slide: '/s/a.svs', truth: `/t/${name}`, patient: undefined }]);
  });

  it.each([
    ['a.ome.tif', 'a.ome.tif.geojson'],
    ['a.ome.tif', 'a.ome.geojson'],
    ['a.b.ndpi', 'a.b.ndpi-labels.png'],
    ['segtile-out/a.mask.ome.tif', 'a.svs.geojson'],
  ])('takes for the truth of %s the file %s', (slide, name) => {
    const found = matchFolder([slide], '/t', ['a.geojson.txt', 'ab.svs.geojson', name], predictedName);
    expect(found.map(({ truth }) => truth)).toEqual([`/t/${name}`]);
  });

  it('never takes a slide for its own truth', () => {
    const [pair] = matchFolder(['/s/a.tif'], '/s', ['a.tif', 'a.truth.tif']);
    expect(pair!.truth).toBe('/s/a.truth.tif');
  });

  it('names the slides without truth, and the truths that one has too many', () => {
    expect(() => matchFolder(['a.svs', 'b.svs', 'c.svs'], 't', ['b.png'])).toThrow('t has no truth for 2 of 3 slides: a, c');
    expect(() => matchFolder(['a.svs'], 't', ['a.png', 'a.geojson'])).toThrow('t has several truths for a: a.png, a.geojson');
  });
});

describe('matchTruths', () => {
  it('looks into a folder', async () => {
    const truths = join(folder, 'truths');
    mkdirSync(truths);
    writeFileSync(join(truths, 'b.truth.tif'), '');
    expect(await matchTruths(['x/b.ome.tif'], truths)).toEqual([
      { slide: 'x/b.ome.tif', truth: join(truths, 'b.truth.tif'), patient: undefined },
    ]);
  });

  it('reads pairs beside their CSV, with patients', async () => {
    const csv = written('pairs.csv', 'slide,truth,patient\nslides/a.svs,t/a.png,p 1\nslides/b.svs,/abs/b.json,p 2\n');
    const a = { slide: 'elsewhere/a.tif', truth: join(folder, 't/a.png'), patient: 'p 1' };
    expect(await matchTruths(['elsewhere/a.tif', 'b.svs'], csv)).toMatchObject([a, { slide: 'b.svs', patient: 'p 2' }]);
    expect(await matchTruths([], csv)).toEqual([
      { ...a, slide: join(folder, 'slides/a.svs') },
      { slide: join(folder, 'slides/b.svs'), truth: '/abs/b.json', patient: 'p 2' },
    ]);
    await expect(matchTruths(['slides/c.svs'], csv)).rejects.toThrow('does not list the slide c');
    await expect(matchTruths(['elsewhere/a.tif'], csv)).rejects.toThrow('pairs.csv lists slides that were not given: b.svs');
  });

  it('refuses a slide that is listed twice and a cell without text', async () => {
    const twice = written('twice.csv', 'slide,truth\na.svs,1.png\nsub/a.svs,2.png\n');
    await expect(matchTruths(['a.tif'], twice)).rejects.toThrow('lists the slide a more than once');
    const empty = written('empty.csv', 'slide,truth,patient\na.svs,1.png,\n');
    await expect(matchTruths(['a.svs'], empty)).rejects.toThrow('line 2 has no patient');
  });

  it('gives every slide the file that holds the truth of many', async () => {
    for (const many of [fixture('runs.csv'), fixture('coco.json')]) {
      const found = await matchTruths(['a.svs', 'b.svs'], many);
      expect(found.map(({ truth }) => truth)).toEqual([many, many]);
    }
  });

  it('refuses the truth of one slide for several', async () => {
    for (const one of [fixture('qupath.geojson'), fixture('hubmap.json'), fixture('grey-8.png')]) {
      expect(await matchTruths(['a.svs'], one)).toEqual([{ slide: 'a.svs', truth: one, patient: undefined }]);
      await expect(matchTruths(['a.svs', 'b.svs'], one)).rejects.toThrow(
        'holds the truth of one slide, but 2 slides were given',
      );
    }
  });
});

describe('slideName', () => {
  it('drops folder and ending', () => {
    expect(['/a/b.svs', 'b.ome.tif', 'b.c.tiff', 'b'].map(slideName)).toEqual(['b', 'b', 'b.c', 'b']);
  });
});
