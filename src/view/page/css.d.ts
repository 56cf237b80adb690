// A style that is imported becomes part of main.css.
declare module '*.css';
