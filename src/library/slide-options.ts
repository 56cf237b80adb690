/** How slides are read. */
export interface ReadingOptions {
  /** Micrometres per pixel of level 0, whatever the file says. */
  readonly slideMpp?: number | undefined;
  /** The path of a CSV with lines of slide and micrometres per pixel. */
  readonly slideMppCsv?: string | undefined;
  /** Channels of the slide, by number from 0 or by name. */
  readonly channels?: readonly (number | string)[] | string | undefined;
  /** The sample values that become 0 and 255 where samples are converted to 8 bits. */
  readonly range?: readonly [low: number, high: number] | string | undefined;
}

/** Which parts of slides are looked at, or count. */
export interface RegionOptions {
  /** The region of interest: a mask, GeoJSON, COCO or CSV of runs, or a folder or CSV of such files. */
  readonly roi?: string | undefined;
  /** The classes of which the region consists; all if left out. */
  readonly roiClass?: readonly string[] | string | undefined;
  /** The classes that are cut out of the region. */
  readonly excludeClass?: readonly string[] | string | undefined;
}

/** What the classes of a tissue network mean. */
export interface TissueClassOptions {
  /** The classes of the tissue network that count as tissue. */
  readonly tissueClass?: readonly string[] | string | undefined;
  /** The classes of the tissue network that do not count as tissue. */
  readonly artefactClass?: readonly string[] | string | undefined;
}
