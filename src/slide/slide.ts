import type { SampleRange } from '../tiff/samples/rgb.js';
import type { Band, Mpp, Samples, SampleType, Size, Span } from '../types.js';
import type { Georeference } from './formats/georeference.js';

/**
 * Micrometres per pixel of level 0, and their source, such as `--slide-mpp`, `OME-XML`, `Aperio MPP` or
 * `TIFF resolution tags`.
 */
export interface SlideMpp extends Mpp {
  readonly source: string;
}

/** One resolution of a slide. Level 0 has full resolution; higher levels are smaller. */
export interface Level {
  readonly index: number;
  /** Size of this level, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Level-0 pixels per pixel of this level: the ratio of the widths. */
  readonly downsample: number;
  /**
   * Size in pixels of the blocks in which the file stores this level; for `whole`, the only block is as large as the
   * level.
   */
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly layout: 'tiles' | 'strips' | 'whole';
  /** Name of the codec, such as `JPEG` or `LZW`. */
  readonly compression: string;
  /** Number of blocks that the file leaves out (sparse), if any. */
  readonly absentBlocks?: number;
}

/** An image in a slide's file that is not a level of the specimen. */
export interface AssociatedImage extends Size {
  readonly kind: 'label' | 'macro' | 'thumbnail' | 'mask' | 'other';
}

/** The place of a block of a level in the file. */
export interface BlockPlace {
  /** Offset of the first byte. */
  readonly offset: number;
  /** Number of compressed bytes. */
  readonly bytes: number;
}

/** Reads rows of a level, see {@link Slide.readBands}. */
export type ReadLevel<Data extends Samples = Uint8Array> = (
  level: number,
  rows: Span,
  columns: (rows: Span) => readonly Span[],
  signal?: AbortSignal,
) => AsyncIterable<Band<Data>>;

/** A request for the channels of a slide as numbers instead of a picture. */
export interface ChannelRequest {
  readonly count: number;
  /**
   * The wanted type of samples. For bytes, other samples are converted as the slide's range says; any other type must
   * be the one in the file.
   */
  readonly samples: SampleType;
  /** The consumer of the channels, for messages. */
  readonly by: string;
}

/** Reads channels. */
export interface ChannelReader {
  /** The channels in words, see `channelName`. */
  readonly channels: readonly string[];
  /** Like {@link Slide.readBands}, but with these channels and the requested type of samples. */
  readonly read: ReadLevel<Samples>;
}

/** The picture with its samples as stored in the file: one channel, or red, green and blue. */
export interface StoredPicture {
  /** Whether the largest sample is black. */
  readonly whiteIsZero: boolean;
  /** Like {@link Slide.readBands}, but with unchanged samples. */
  readonly read: ReadLevel<Samples>;
}

/** An open image file: its metadata, and its pixels as RGB or as channels. */
export interface Slide extends AsyncDisposable {
  readonly path: string;
  /** The kind of file, such as `BigTIFF`, `TIFF`, `Aperio SVS`, `PNG` or `JPEG`. */
  readonly format: string;
  /** Size of level 0, in pixels. */
  readonly width: number;
  readonly height: number;
  /** At least one level; the first has full resolution. */
  readonly levels: readonly Level[];
  readonly mpp: SlideMpp | undefined;
  /** How the file stores a pixel, such as `3 × 8 bit YCbCr`. */
  readonly sampling?: string;
  /** Where the slide lies on the earth, if the file says so. */
  readonly georeference?: Georeference;
  /** Images in the file that are not levels, such as the label. */
  readonly associated?: readonly AssociatedImage[];
  /** Which sample values become 0 and 255 in pictures. Absent if samples are bytes, which are used unchanged. */
  readonly range?: SampleRange;
  /** Names of the channels, if they are not the colours of a picture; '' for a channel without a name. */
  readonly channels?: readonly string[];
  /** The channels that the user picked, by number from 0. */
  readonly picked?: readonly number[];
  /** The description in the file's first directory, such as OME-XML. */
  readonly description?: string;
  /** What was decided if the file can be read in more than one way, as sentences for people. */
  readonly notes?: readonly string[];
  /**
   * Reads the rows `rows` of a level from top to bottom as RGB (three channels). They come in bands without gap or
   * overlap, whose height suits the file. In one pass each block of the file is decoded at most once, and a bounded
   * number of bands is decoded ahead.
   *
   * @param columns gives the wanted columns for given rows, as sorted, disjoint spans in pixels of the level. The bands
   *   have at least those columns and may have more.
   * @throws {SegtileError} `input` if the file is damaged, `aborted` when the signal fires
   */
  readBands: ReadLevel;
  /**
   * The samples of the picture before they are stretched to 8 bits. Present only for pictures with one channel or with
   * more than 8 bits.
   */
  readonly stored?: StoredPicture;
  /**
   * Makes a reader of the channels that the user picked, or of all channels if the user picked none.
   *
   * @throws {SegtileError} before anything is read, if the slide does not have such channels or samples: `usage` if the
   *   user picked more or fewer, `model` if the slide has more or fewer or stores other samples, otherwise like opening
   *   a slide
   */
  channelReader(request: ChannelRequest): ChannelReader;
  /** Where the file stores a block of a level, numbered row by row: one place, or one for each channel that is read. */
  blockPlaces?(level: number, block: number): readonly BlockPlace[];
  /**
   * The bytes of a tile of a level, as a JPEG file that shows exactly what {@link readBands} gives, if the file stores
   * its tiles so. Tiles at the edge reach over it. Undefined for a tile that has to be decoded.
   *
   * @throws {SegtileError} `input` if the tile is damaged, `aborted` when the signal fires
   */
  jpegTile?(level: number, column: number, row: number, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /** Closes the file. Nothing can be read afterwards. */
  close(): Promise<void>;
}
