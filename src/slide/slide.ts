import type { SampleRange } from '../tiff/samples/rgb.js';
import type { Band, Mpp, Samples, SampleType, Size, Span } from '../types.js';
import type { Georeference } from './formats/georeference.js';

/** Micrometres per pixel of level 0, and which source gave them, such as `--slide-mpp`, `OME-XML`, `Aperio MPP` or `TIFF resolution tags`. */
export interface SlideMpp extends Mpp {
  readonly source: string;
}

/** One resolution of a slide. Level 0 is the full one; the others get smaller with the index. */
export interface Level {
  readonly index: number;
  /** Pixels of this level. */
  readonly width: number;
  readonly height: number;
  /** Level-0 pixels per pixel of this level: the ratio of the widths. */
  readonly downsample: number;
  /** Size in pixels of the pieces in which the file keeps this level; `whole` is one piece, the size of the level. */
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly layout: 'tiles' | 'strips' | 'whole';
  /** Name of the codec, such as `JPEG` or `LZW`. */
  readonly compression: string;
  /** Blocks that the file leaves out (sparse), where there are any. */
  readonly absentBlocks?: number;
}

/** An image in a slide's file that is not the specimen at some resolution. */
export interface AssociatedImage extends Size {
  readonly kind: 'label' | 'macro' | 'thumbnail' | 'mask' | 'other';
}

/** Where a block of a level is in the file. */
export interface BlockPlace {
  /** First byte. */
  readonly offset: number;
  /** Compressed bytes. */
  readonly bytes: number;
}

/** Gives rows of a level, see {@link Slide.readBands}. */
export type ReadLevel<Data extends Samples = Uint8Array> = (
  level: number,
  rows: Span,
  columns: (rows: Span) => readonly Span[],
  signal?: AbortSignal,
) => AsyncIterable<Band<Data>>;

/** Channels of a slide as numbers, not as a picture. */
export interface ChannelRequest {
  readonly count: number;
  /** Bytes are made of other samples by the rule of the slide; anything else must be what the file keeps. */
  readonly samples: SampleType;
  /** Who wants them, for messages. */
  readonly by: string;
}

/** How channels are read. */
export interface ChannelReader {
  /** What each is called, see `channelName`. */
  readonly channels: readonly string[];
  /** Like {@link Slide.readBands}, with these channels and the type of samples that was wished for. */
  readonly read: ReadLevel<Samples>;
}

/** The samples of a picture as the file keeps them: one channel, or red, green and blue. */
export interface StoredPicture {
  /** Whether the largest sample is black. */
  readonly whiteIsZero: boolean;
  /** Like {@link Slide.readBands}, with samples as they are. */
  readonly read: ReadLevel<Samples>;
}

/** An open image file: what is known of it, and its pixels as RGB or as channels. */
export interface Slide extends AsyncDisposable {
  readonly path: string;
  /** What kind of file it is, such as `BigTIFF`, `TIFF`, `Aperio SVS`, `PNG` or `JPEG`. */
  readonly format: string;
  /** Pixels of level 0. */
  readonly width: number;
  readonly height: number;
  /** At least one; the first is full resolution. */
  readonly levels: readonly Level[];
  readonly mpp: SlideMpp | undefined;
  /** How the file keeps a pixel, such as `3 × 8 bit YCbCr`. */
  readonly sampling?: string;
  /** Where it lies on the earth, where the file says so. */
  readonly georeference?: Georeference;
  /** Images in the file that are no levels, such as the label. */
  readonly associated?: readonly AssociatedImage[];
  /** Which sample values become 0 and 255 in pictures. Absent where samples are bytes, which stay as they are. */
  readonly range?: SampleRange;
  /** Names of the channels, where they are not the colours of a picture; '' for one without a name. */
  readonly channels?: readonly string[];
  /** The channels that the user picked, by number from 0. */
  readonly picked?: readonly number[];
  /** What the file's first directory says in words, such as OME-XML. */
  readonly description?: string;
  /** What was decided where a file can be read in more than one way, as sentences for people. */
  readonly notes?: readonly string[];
  /**
   * The rows `rows` of a level from top to bottom as RGB (three channels), in bands of whatever height suits the file, without gap or
   * overlap. Each block of the file is decoded at most once in a pass, and a bounded number of bands is decoded ahead.
   *
   * @param columns says which columns of the given rows are wanted, as sorted, disjoint spans of pixels of the level. The bands hold at
   *   least those columns and may hold more.
   * @throws {SegtileError} `input` where the file is damaged, `aborted` when the signal fires
   */
  readBands: ReadLevel;
  /** The samples of the picture before they are stretched to 8 bits. Only for pictures of one channel or of more than 8 bits. */
  readonly stored?: StoredPicture;
  /**
   * How the channels that the user picked are read, or all of them where nobody picked any.
   *
   * @throws {SegtileError} where the slide has no such channels or samples, before anything is read: `usage` where the user picked more or fewer,
   *   `model` where the slide has more or fewer or keeps other samples, else as the opening of a slide does
   */
  channelReader(request: ChannelRequest): ChannelReader;
  /** Where the file keeps a block of a level, numbered row by row: one place, or one for each channel that is read. */
  blockPlaces?(level: number, block: number): readonly BlockPlace[];
  /** Lets go of the file. Nothing can be read afterwards. */
  close(): Promise<void>;
}
