// The build puts every imported style into main.css.
declare module '*.css';
