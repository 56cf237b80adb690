import type { Mpp, Rgb, Size } from '../types.js';

/** The facts about an image that its OME-XML states. */
export interface OmeDescription {
  readonly name: string;
  readonly size: Size;
  /** Size of a pixel in micrometres, if known. */
  readonly mpp?: Mpp | undefined;
  readonly samples: 'uint8' | 'float32';
  /** Channels in the order of their directories, one channel per directory. */
  readonly channels: readonly { readonly name: string; readonly color?: Rgb }[];
  /** A further annotation under its own namespace: pairs of texts, or one text. */
  readonly annotation: {
    readonly namespace: string;
    readonly value: readonly (readonly [key: string, value: string])[] | string;
  };
}

/**
 * The OME-XML (schema 2016-06, http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd) of an image with its channels
 * in the directories from 0 on. It is UTF-8 without numeric character references, and lengths have no unit, which means
 * micrometres: Bio-Formats removes every `&#` before it parses, so that `&#181;m` would not be a unit and the file not
 * an OME-TIFF.
 */
export function omeXml({ name, size, mpp, samples, channels, annotation }: OmeDescription): string {
  const physical = mpp ? attributes({ PhysicalSizeX: mpp.x, PhysicalSizeY: mpp.y }) : '';
  const pixels = attributes({
    ID: 'Pixels:0',
    DimensionOrder: 'XYCZT',
    Type: samples === 'uint8' ? 'uint8' : 'float',
    SignificantBits: samples === 'uint8' ? 8 : 32,
    BigEndian: false,
    SizeX: size.width,
    SizeY: size.height,
    SizeC: channels.length,
    SizeZ: 1,
    SizeT: 1,
  });
  const channelTags = channels.map(({ name: channel, color }, index) => {
    const colour = color ? { Color: omeColor(color) } : {};
    return `<Channel${attributes({ ID: `Channel:0:${index}`, Name: channel, SamplesPerPixel: 1, ...colour })}/>`;
  });
  const places = channels.map(
    (_, index) => `<TiffData IFD="${index}" PlaneCount="1" FirstC="${index}" FirstZ="0" FirstT="0"/>`,
  );
  const { namespace, value } = annotation;
  const [kind, content] =
    typeof value === 'string'
      ? (['CommentAnnotation', escapeXml(value)] as const)
      : (['MapAnnotation', value.map(([key, each]) => `<M${attributes({ K: key })}>${escapeXml(each)}</M>`).join('')] as const);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"' +
      ' xsi:schemaLocation="http://www.openmicroscopy.org/Schemas/OME/2016-06 http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd"' +
      ' Creator="segtile">',
    `<Image${attributes({ ID: 'Image:0', Name: name })}>`,
    `<Pixels${pixels}${physical}>`,
    ...channelTags,
    ...places,
    '</Pixels>',
    '<AnnotationRef ID="Annotation:0"/>',
    '</Image>',
    '<StructuredAnnotations>',
    `<${kind}${attributes({ ID: 'Annotation:0', Namespace: namespace })}>`,
    `<Value>${content}</Value>`,
    `</${kind}>`,
    '</StructuredAnnotations>',
    '</OME>',
  ].join('\n');
}

/** A colour as OME-XML stores it: one signed 32-bit integer with red in the highest byte and alpha in the lowest. */
function omeColor([red, green, blue]: Rgb): number {
  return (red << 24) | (green << 16) | (blue << 8) | 255;
}

/** A colour as `#rrggbb`. */
export function hex(color: Rgb): string {
  return `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

function attributes(values: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');
}

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * Escapes text with named entities only. Control characters and halves of surrogate pairs, which XML 1.0 cannot
 * contain, become U+FFFD.
 */
function escapeXml(value: string): string {
  return value.replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '\uFFFD').replace(/[&<>"]/g, (character) => NAMED[character]!);
}
