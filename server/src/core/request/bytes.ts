export { fromBytes, lowerCase, toBytes } from '../text/bytes.ts';
