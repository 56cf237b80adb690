// For `node --import`: strips are handed on, but neither coded nor written. With `?kept` nothing is changed: what it takes to
// look at every module on its way is then on both sides.
import { register } from 'node:module';

const hooks = `
export async function load(url, context, next) {
  const loaded = await next(url, context);
  if (${import.meta.url.endsWith('?kept')} || !url.includes('/dist/bundles/')) return loaded;
  const text = String(loaded.source);
  if (!text.includes('// strip/file.js')) return loaded;
  const from = text.indexOf('const { meta, body } = crossing.kind');
  const to = text.indexOf('sync();', from);
  if (from < 0 || to < 0) throw new Error('strips are appended in another way now: mend test/bench/strips/without-strips.js');
  return { ...loaded, source: text.slice(0, from) + text.slice(to + 7) };
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
