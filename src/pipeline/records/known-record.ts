import {
  amount,
  listOf,
  mapOf,
  number,
  objectOf,
  optional,
  orNull,
  type Shape,
  shape,
  side,
  text,
  whole,
  words,
} from '../../plan/text/shape.js';
import type { SampleRange } from '../../tiff/samples/rgb.js';
import type { Size } from '../../types.js';
import type { RunRecord } from './record.js';

/** What is read back of a {@link RunRecord}, which may be of another version of segtile, or damaged. */
export type KnownRecord = Pick<RunRecord, 'id' | 'finished' | 'coverage' | 'seconds' | 'peakRssBytes' | 'versions'> & {
  readonly slide: RecordedSlide & Pick<RunRecord['slide'], 'notes'>;
  readonly working: Pick<RunRecord['working'], 'downsample'>;
  readonly model: Pick<RunRecord['model'], 'name' | 'sha256'> & { readonly classes: readonly { readonly name: string }[] };
  readonly settings: object;
  readonly device: object;
  readonly windows: Pick<RunRecord['windows'], 'run' | 'skipped'>;
  readonly mask: { readonly path: string };
};

/** A slide as a record has it, and how a run saw it. Records of older runs do not say. */
export interface SeenSlide {
  readonly path: string;
  readonly range?: Pick<SampleRange, 'least' | 'most' | 'source'> | null | undefined;
  readonly picked?: readonly number[] | null | undefined;
}

/** A slide as a record of a run has it: level 0, in px. */
export type RecordedSlide = SeenSlide & Size;

const slideParts = {
  path: text,
  width: side,
  height: side,
  range: optional(
    orNull(objectOf<Pick<SampleRange, 'least' | 'most' | 'source'>>({ least: number, most: number, source: words })),
  ),
  picked: optional(orNull(listOf(whole))),
};

/** Of {@link RecordedSlide}. */
export const recordedSlide: Shape<RecordedSlide> = objectOf<RecordedSlide>(slideParts);

const anything = shape<object>('{…}', (value) => typeof value === 'object' && value !== null);

/** Of {@link KnownRecord}. */
export const knownRecord: Shape<KnownRecord> = objectOf<KnownRecord>({
  id: text,
  finished: text,
  slide: objectOf<KnownRecord['slide']>({ ...slideParts, notes: listOf(words) }),
  working: objectOf<KnownRecord['working']>({ downsample: number }),
  model: objectOf<KnownRecord['model']>({
    name: words,
    sha256: words,
    classes: listOf(objectOf<{ readonly name: string }>({ name: words })),
  }),
  settings: anything,
  device: anything,
  windows: objectOf<KnownRecord['windows']>({ run: whole, skipped: whole }),
  coverage: number,
  mask: objectOf<KnownRecord['mask']>({ path: text }),
  seconds: mapOf(amount),
  peakRssBytes: amount,
  versions: mapOf(words),
});
