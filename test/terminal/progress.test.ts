import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createProgress } from '../../dist/terminal/progress.js';

let written = '';
const stream = {
  write: (text: string): void => {
    written += text;
  },
};

beforeEach(() => {
  written = '';
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => vi.useRealTimers());

test('without a terminal a plain line comes every five seconds', () => {
  const stage = createProgress(stream, false).stage('windows', 'windows', '12 % skipped');
  stage.update({ done: 0, total: 2000, pixels: 0 });
  for (let second = 1; second <= 11; second++) {
    vi.advanceTimersByTime(1000);
    stage.update({ done: 100 * second, total: 2000, pixels: 2_500_000 * second });
  }
  stage.stop();
  expect(written).toBe(
    'windows: 500 of 2,000 windows (25 %), 100 windows/s, 2.5 MPix/s, 12 % skipped, 15 s left\n' +
      'windows: 1,000 of 2,000 windows (50 %), 100 windows/s, 2.5 MPix/s, 12 % skipped, 10 s left\n',
  );
});

test('a rate of nothing is not told', () => {
  const stage = createProgress(stream, false).stage('windows', 'windows');
  vi.advanceTimersByTime(6000);
  stage.update({ done: 0, total: 10, pixels: 0 });
  expect(written).toBe('windows: 0 of 10 windows (0 %), ... windows/s, ... MPix/s\n');
});

test('work that is not measured in pixels has no rate of them', () => {
  const stage = createProgress(stream, false).stage('export', 'files');
  vi.advanceTimersByTime(6000);
  stage.update({ done: 1, total: 10 });
  expect(written).toBe('export: 1 of 10 files (10 %), ... files/s\n');
});

test('quiet writes nothing, on a terminal either', () => {
  for (const isTTY of [true, false]) {
    const stage = createProgress({ ...stream, isTTY }, true).stage('windows', 'windows');
    stage.update({ done: 0, total: 10, pixels: 0 });
    vi.advanceTimersByTime(60_000);
    stage.update({ done: 10, total: 10, pixels: 0 });
    stage.stop();
  }
  expect(written).toBe('');
});
