import { channelName } from '../../slide/channels.js';
import type { SlideCheck } from '../../slide/check.js';
import type { Georeference } from '../../slide/formats/georeference.js';
import type { Slide } from '../../slide/slide.js';
import type { Inspection } from '../../slide/tiff.js';
import { count, figure, pairs } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';
import { mppText } from '../infer/words.js';

/** Describes a slide for programs. */
export function inspectionFacts({ slide, problem }: Inspection, check: SlideCheck | undefined): object {
  const {
    path,
    format,
    width,
    height,
    levels,
    mpp,
    sampling,
    associated = [],
    channels = [],
    notes = [],
    range,
    georeference,
  } = slide;
  return {
    kind: 'slide',
    path,
    format,
    width,
    height,
    mpp: mpp ?? null,
    sampling,
    channels,
    levels,
    associated,
    notes,
    range: range ?? null,
    georeference: georeference === undefined ? null : placeFacts(georeference),
    readable: problem === undefined,
    ...(problem === undefined ? {} : { problem: { code: problem.code, message: problem.message, hint: problem.hint } }),
    ...(check === undefined ? {} : { check }),
  };
}

/** Describes a slide for people. */
export function slideText({ slide, problem }: Inspection, check: SlideCheck | undefined, style: Style): string {
  const { format, width, height, levels, mpp, sampling, associated = [], channels = [], notes = [], georeference } = slide;
  const physical = mpp && `${figure((width * mpp.x) / 1000)} × ${figure((height * mpp.y) / 1000)} mm`;
  const named = channels.slice(0, MOST_LISTED).map((_, channel) => channelName(channels, channel));
  const more = channels.length > MOST_LISTED ? `, and ${channels.length - MOST_LISTED} more` : '';
  return pairs([
    ['format', sampling === undefined ? format : `${format}, ${sampling}`],
    ['size', `${count(width)} × ${count(height)} px${physical ? `, ${physical}` : ''}`],
    ['mpp', mpp ? mppText(slide) : 'unknown: give it with --slide-mpp where a model asks for it'],
    ...(georeference === undefined ? [] : placeRows(georeference)),
    ...(channels.length > 0 ? [['channels', `${count(channels.length)}: ${named.join(', ')}${more}`] as const] : []),
    ...levels.map((level) => [`level ${level.index}`, levelText(level)] as const),
    ...associated.map(
      (image) => [image.kind, `${count(image.width)} × ${count(image.height)} px, not part of the pyramid`] as const,
    ),
    ...notes.map((note) => ['note', note] as const),
    ['segtile', problem === undefined ? style.good('can read it') : `${style.bad('cannot read it')}: ${problem.message}`],
    ...(problem?.hint === undefined ? [] : [['hint', problem.hint] as const]),
    ...(check === undefined ? [] : checkRows(check, style)),
  ]);
}

/** The georeference for programs, without the raw tags, because the other facts already say what they mean. */
function placeFacts({ crs, origin, pixelSize, controlPoints }: Georeference): object {
  return { crs: crs ?? null, origin: origin ?? null, pixelSize: pixelSize ?? null, controlPoints };
}

function placeRows({ crs, origin, pixelSize, controlPoints, tags }: Georeference): (readonly [string, string])[] {
  const [, b, , , d] = tags.transformation ?? [];
  const turned = (b ?? 0) !== 0 || (d ?? 0) !== 0 ? ', turned' : '';
  const size = pixelSize === undefined ? '' : `, ${pixelSize.join(' × ')} a pixel${turned}`;
  const points = `${count(controlPoints)} control points say where it lies`;
  return [
    ['crs', crs ?? 'the file does not say what its coordinates are'],
    ['origin', origin === undefined ? (controlPoints > 0 ? points : 'unknown') : `${origin.join(', ')}${size}`],
  ];
}

/** The most channels that are listed by name. */
const MOST_LISTED = 40;

function levelText({
  width,
  height,
  downsample,
  layout,
  blockWidth,
  blockHeight,
  compression,
  absentBlocks = 0,
}: Slide['levels'][number]): string {
  const all = Math.ceil(width / blockWidth) * Math.ceil(height / blockHeight);
  const absent = absentBlocks === 0 ? '' : `, ${count(absentBlocks)} of ${count(all)} blocks absent`;
  const blocks = layout === 'whole' ? 'one piece' : `${layout} of ${count(blockWidth)} × ${count(blockHeight)}`;
  return `${count(width)} × ${count(height)} px, downsample ${figure(downsample)}, ${blocks}, ${compression}${absent}`;
}

function checkRows(check: SlideCheck, style: Style): (readonly [string, string])[] {
  if (check.badBlocks === 0) return [['check', style.good(checkText(check))]];
  const shown = check.bad.map(({ level, block, codec, places, message }): readonly [string, string] => {
    const at = places.map(({ offset, bytes }) => `${bytes} bytes at byte ${offset}`).join(', ');
    return ['bad', `level ${level}, block ${block} (${codec}${at ? `, ${at}` : ''}): ${message}`];
  });
  const more = check.badBlocks - check.bad.length;
  return [['check', style.bad(checkText(check))], ...shown, ...(more > 0 ? [['bad', `and ${count(more)} more`] as const] : [])];
}

/** The result of a check, in a few words. */
export function checkText({ blocks, badBlocks }: SlideCheck): string {
  return badBlocks === 0
    ? `all ${count(blocks)} blocks can be decoded`
    : `${count(badBlocks)} of ${count(blocks)} blocks are bad`;
}
