export { SegtileError } from './errors.js';
