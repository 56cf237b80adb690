import type { Command } from 'commander';
import type { Size } from '../types.js';
import { option } from './option.js';
import { type Parser, size } from './parse.js';

/** A length on a slide, in level-0... px of the mask, or in micrometres. */
export interface Length {
  readonly value: number;
  readonly unit: 'px' | 'um';
}

/** The options of `segtile evaluate`, parsed. What is absent was not given. */
export interface EvaluateOptions {
  readonly truth?: string;
  readonly classes?: string;
  readonly slideSize?: Size;
  readonly tolerance: Length;
  readonly threshold?: string;
  readonly writeThresholds?: string;
  readonly csv?: string;
  readonly report?: string;
  readonly history?: string | boolean;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}
