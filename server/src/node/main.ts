import { startNodeServer } from './server.ts';

/* The language server as a process of an editor. */
startNodeServer('arguments');
