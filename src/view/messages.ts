import type { LabelRule } from '../plan/labels/labels.js';
import type { MaskClass, Mpp, Size } from '../types.js';

/**
 * An image in tiles of the server, `/tiles/<id>/<halvings>/<column>_<row>.<ending>`. It shows the whole slide: `spans` of its pixels lie on the width and
 * the height of level 0.
 */
export interface TiledImage extends Size {
  readonly id: string;
  readonly spans: Size;
  /**
   * What its tiles are: `jpg`, a picture; `png`, with one byte a pixel: labels, or planes of probabilities as `round(255 p)`, one below the other; `f32`,
   * planes of floating point, one below the other, little endian.
   */
  readonly ending: 'jpg' | 'png' | 'f32';
}

/** Labels in tiles, and what they mean. */
export interface LabelLayer extends TiledImage {
  readonly classes: readonly MaskClass[];
}

/** Probabilities in tiles, and how they become labels. */
export interface ScoreLayer extends TiledImage {
  readonly classes: readonly MaskClass[];
  /** Name of each plane. */
  readonly channels: readonly string[];
  readonly exclusive: boolean;
  /** As the model has it. */
  readonly rule: LabelRule;
}

/** A result of a slide. */
export interface RunCard {
  readonly id: string;
  /** Its folder and name, for people. */
  readonly name: string;
  readonly mask: LabelLayer | null;
  readonly scores: ScoreLayer | null;
  /** 255 times the largest difference between overlapping windows. */
  readonly disagreement: TiledImage | null;
  /** Whether its record tells where it looked, and within which region. */
  readonly looked: boolean;
  readonly region: boolean;
  /** Settings and figures by name, in the order in which they are shown. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** A slide in the list. */
export interface SlideCard {
  readonly id: string;
  readonly name: string;
  /** `missing`: there is a result, but not the slide. */
  readonly state: 'done' | 'no result' | 'missing';
  /** How many results it has. */
  readonly runs: number;
  /** Its last score, where a history has one. */
  readonly score: { readonly name: string; readonly value: number } | null;
}

/** All that can be looked at. */
export interface Catalogue {
  readonly version: string;
  /** Whether a server answers; else it is a copy in files, which lacks what has to be found out for each question. */
  readonly live: boolean;
  /** Whether some run stands in a history. */
  readonly history: boolean;
  readonly slides: readonly SlideCard[];
}

/** A slide, open. */
export interface OpenSlideCard extends Size {
  readonly id: string;
  readonly name: string;
  readonly mpp: Mpp | null;
  /** Null where the file is not there. */
  readonly picture: TiledImage | null;
  readonly runs: readonly RunCard[];
  readonly truth: LabelLayer | null;
  /** What is known of the slide, and what went wrong, as sentences for people. */
  readonly notes: readonly string[];
}

/** A bin of a histogram of areas: `least <= area < most`, in px of the mask. */
export type ObjectBins = readonly { readonly least: number; readonly most: number; readonly count: number }[];

/** The objects of a class, counted; areas in px of the mask. */
export interface ObjectCount {
  readonly label: number;
  readonly count: number;
  readonly area: number;
  readonly bins: ObjectBins;
}

/** What is known of the objects of a mask: while they are counted, what share of its rows is done. */
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

/** An object with its outlines and measures, in level-0 px, as `segtile objects` tells them. */
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

/** Where a mask and the truth differ, in px of the mask. */
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

/** A polygon that was drawn by hand, in level-0 px, as QuPath has annotations in GeoJSON. */
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

/** What was drawn on a slide. */
export interface Corrections {
  /** Where it is kept. */
  readonly path: string;
  /** Tells the contents of the file from others; '' where there is none. */
  readonly stamp: string;
  readonly features: readonly CorrectedFeature[];
}

/** Where a run looked. */
export interface LookedMessage {
  /** How many pixels of the working image the slide covers. */
  readonly spans: Size;
  /** Of each window left, top, width and height in working pixels, and 1 if it was run. */
  readonly windows: readonly (readonly [number, number, number, number, 0 | 1])[];
  readonly tissue: LabelLayer | null;
  readonly region: LabelLayer | null;
  /** What is to be known of it, as sentences for people. */
  readonly notes: readonly string[];
}

/** What is going on in the folders of results. */
export interface ProgressMessage {
  /** How many results are there: when there are more, the page can be loaded anew. */
  readonly done: number;
  readonly running: readonly {
    readonly slide: string;
    readonly host: string | null;
    readonly rows: { readonly done: number; readonly total: number } | null;
    /** Seconds until it is done, where that can be told. */
    readonly left: number | null;
  }[];
  readonly stopped: readonly string[];
  readonly failed: readonly { readonly slide: string; readonly error: string }[];
}
