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

/** The parts of a {@link RunRecord} that are read back. The record may be damaged or of another version of segtile. */
export type KnownRecord = Pick<RunRecord, 'id' | 'finished' | 'coverage' | 'seconds' | 'peakRssBytes' | 'versions'> & {
  readonly slide: RecordedSlide & Pick<RunRecord['slide'], 'notes'>;
  readonly working: Pick<RunRecord['working'], 'downsample'>;
  readonly model: Pick<RunRecord['model'], 'name' | 'sha256'> & { readonly classes: readonly { readonly name: string }[] };
  readonly settings: object;
  readonly device: object;
  readonly windows: Pick<RunRecord['windows'], 'run' | 'skipped'>;
  readonly mask: { readonly path: string };
};

/** A slide in a record, and how the run read it. Records of older runs do not have the latter. */
export interface SeenSlide {
  readonly path: string;
  readonly range?: Pick<SampleRange, 'least' | 'most' | 'source'> | null | undefined;
  readonly picked?: readonly number[] | null | undefined;
}

/** A slide in a record of a run, with the size of level 0 in px. */
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

/** The shape of {@link RecordedSlide}. */
export const recordedSlide: Shape<RecordedSlide> = objectOf<RecordedSlide>(slideParts);

const anything = shape<object>('{…}', (value) => typeof value === 'object' && value !== null);

/** The shape of {@link KnownRecord}. */
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
