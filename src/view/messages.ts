import type { LabelRule } from '../plan/labels/labels.js';
import type { MaskClass, Mpp, Size } from '../types.js';
import type { Tiled } from './pyramid.js';

/**
 * An image that the server sends in tiles, `/tiles/<id>/<halvings>/<column>_<row>.<ending>`. It shows the whole slide:
 * `spans` is how many of its pixels, including fractions, cover the width and the height of level 0.
 */
export interface TiledImage extends Tiled {
  readonly id: string;
  readonly spans: Size;
  /**
   * The format of its tiles:
   *
   * - `jpg`: a picture
   * - `png`: one byte per pixel. Either labels, or planes of probabilities as `round(255 p)`, one plane below the other.
   * - `f32`: planes of 32-bit floating point, little endian, one plane below the other
   */
  readonly ending: 'jpg' | 'png' | 'f32';
  /** In an exported copy, the address of a picture as a Deep Zoom image, without its ending. */
  readonly deepZoom?: string;
}

/** Labels in tiles, and the classes that they stand for. */
export interface LabelLayer extends TiledImage {
  readonly classes: readonly MaskClass[];
}

/** Probabilities in tiles, and the rule by which they become labels. */
export interface ScoreLayer extends TiledImage {
  readonly classes: readonly MaskClass[];
  /** Name of each plane. */
  readonly channels: readonly string[];
  readonly exclusive: boolean;
  /** The rule of the model. */
  readonly rule: LabelRule;
}

/** A result of a slide. */
export interface RunCard {
  readonly id: string;
  /** Folder and name of the result, for people. */
  readonly name: string;
  readonly mask: LabelLayer | null;
  /** For a run that is going on, or was stopped: how many rows of its mask are done. */
  readonly rows: { readonly done: number; readonly total: number } | null;
  readonly scores: ScoreLayer | null;
  /** Its values are 255 times the largest difference between overlapping windows. */
  readonly disagreement: TiledImage | null;
  /** Whether its record says where the run looked; `region`: whether the run had a region of interest. */
  readonly looked: boolean;
  readonly region: boolean;
  /** Settings and figures by name, in the order in which they are shown. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** A slide in the list. */
export interface SlideCard {
  readonly id: string;
  readonly name: string;
  /** `missing`: there is a result, but not the slide; `unfinished`: its only results are of runs that are not done. */
  readonly state: 'done' | 'unfinished' | 'no result' | 'missing';
  /** How many results it has. */
  readonly runs: number;
  /** The latest score of the slide, if a history has one. */
  readonly score: { readonly name: string; readonly value: number } | null;
}

/** Everything that the page can show. */
export interface Catalogue {
  readonly version: string;
  /**
   * Whether there is a server. If not, the page is an exported copy in files, and cannot show what a server computes on
   * request.
   */
  readonly live: boolean;
  /** Whether a history has any runs. */
  readonly history: boolean;
  readonly slides: readonly SlideCard[];
}

/** A slide that is open, and its results. */
export interface OpenSlideCard extends Size {
  readonly id: string;
  readonly name: string;
  readonly mpp: Mpp | null;
  /** Null if the slide cannot be opened. */
  readonly picture: TiledImage | null;
  readonly runs: readonly RunCard[];
  /** The ids of two runs that are shown side by side at first: the best variants of a comparison. */
  readonly compared: { readonly run: string; readonly other: string } | null;
  readonly truth: LabelLayer | null;
  /** Notes about the slide and about errors, as sentences for people. */
  readonly notes: readonly string[];
}

/** A bin of a histogram of areas: `least <= area < most`, in px of the mask. */
export type ObjectBins = readonly { readonly least: number; readonly most: number; readonly count: number }[];

/** The number and the total area of the objects of a class, in px of the mask. */
export interface ObjectCount {
  readonly label: number;
  readonly count: number;
  readonly area: number;
  readonly bins: ObjectBins;
}

/** The counts of the objects of a mask. While they are being counted, `share` is the share of the mask's rows that is done. */
export type ObjectSummary =
  | { readonly state: 'counting'; readonly share: number }
  | { readonly state: 'counted'; readonly classes: readonly ObjectCount[] };

/** An object in a list: its box and area in px of the mask. */
export interface ListedObject {
  readonly label: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly area: number;
}

/** An object with its outlines and measures, in level-0 px, as `segtile objects` writes them. */
export interface ShownObject {
  readonly id: string;
  readonly label: number;
  readonly name: string;
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
  readonly area: number;
  readonly centroid: { readonly x: number; readonly y: number };
  readonly polygons: readonly (readonly (readonly (readonly [number, number])[])[])[];
  readonly measures: readonly (readonly [name: string, value: number])[];
}

/**
 * A place where a mask and the truth differ, in px of the mask: an area that the mask misses, an area that it has in
 * addition, or one with another class.
 */
export interface FoundError {
  readonly kind: 'missed' | 'extra' | 'other';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly area: number;
}

/** A run of a history. */
export interface ListedRun {
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
  readonly command: string;
  readonly folder: string;
  readonly slide: string;
  readonly result: string;
  readonly settings: Readonly<Record<string, string | number | boolean | null>>;
  readonly measured: Readonly<Record<string, number>>;
  readonly scores: Readonly<Record<string, number>>;
  readonly leaderboard: number | null;
  readonly notes: readonly string[];
}

/** A polygon that was drawn by hand, in level-0 px, in the form of QuPath's annotations in GeoJSON. */
export interface CorrectedFeature {
  readonly type: 'Feature';
  readonly id: string;
  readonly geometry:
    | { readonly type: 'Polygon'; readonly coordinates: readonly (readonly (readonly [number, number])[])[] }
    | { readonly type: 'MultiPolygon'; readonly coordinates: readonly (readonly (readonly (readonly [number, number])[])[])[] };
  readonly properties: {
    readonly objectType: 'annotation';
    readonly classification: { readonly name: string; readonly color: readonly [number, number, number] };
    readonly measurements?: object | undefined;
  };
}

/** The corrections that were drawn on a slide. */
export interface Corrections {
  /** The path of their file. */
  readonly path: string;
  /** Identifies the contents of the file; '' if there is no file. */
  readonly stamp: string;
  readonly features: readonly CorrectedFeature[];
}

/** Where a run looked. */
export interface LookedMessage {
  /** How many pixels of the working image, including fractions, the slide covers. */
  readonly spans: Size;
  /** For each window: left, top, width and height in working pixels, and 1 if it was run, else 0. */
  readonly windows: readonly (readonly [number, number, number, number, 0 | 1])[];
  readonly tissue: LabelLayer | null;
  readonly region: LabelLayer | null;
  /** Notes about it, as sentences for people. */
  readonly notes: readonly string[];
}

/** The progress of the runs in the folders of results. */
export interface ProgressMessage {
  /** The number of results. If it has grown, reloading the page shows more. */
  readonly done: number;
  readonly running: readonly {
    readonly slide: string;
    readonly host: string | null;
    readonly rows: { readonly done: number; readonly total: number } | null;
    /** Seconds until the slide is done; null if unknown. */
    readonly left: number | null;
  }[];
  readonly stopped: readonly string[];
  readonly failed: readonly { readonly slide: string; readonly error: string }[];
}
