import { sharp } from '../../io/sharp.js';
import type { LegendColor, ReportPicture } from '../../report/page.js';
import type { Pixels, Rgb } from '../../types.js';

/** JPEG quality of tissue pictures in a report. */
const QUALITY = 85;

/** Makes a picture for a report, RGB: a JPEG, or a PNG if it has sharp edges and few colours. */
export async function reportPicture(
  label: string,
  alt: string,
  pixels: Pixels,
  form: 'jpeg' | 'png' = 'jpeg',
): Promise<ReportPicture> {
  const { width, height, data } = pixels;
  const raw = sharp(data, { raw: { width, height, channels: 3 } });
  const bytes = await (form === 'jpeg' ? raw.jpeg({ quality: QUALITY, mozjpeg: true }) : raw.png({ palette: true })).toBuffer();
  return { label, alt, width, height, source: `data:image/${form};base64,${bytes.toString('base64')}` };
}

/** A colour in the form that a report's legend takes. */
export function legendColor(name: string, [red, green, blue]: Rgb): LegendColor {
  return { name, color: `rgb(${red} ${green} ${blue})` };
}
