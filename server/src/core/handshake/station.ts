import type { HandshakeLine } from './explanation.ts';

/** How far the handshake came: through this station, broken here, never here, or nobody can tell. */
export type StationState = 'passed' | 'broken' | 'unreached' | 'unknown';

/** One station of a handshake on its way from the client to the backend; `text` names it as the configuration does. */
export interface Station extends HandshakeLine {
	readonly kind: 'client' | 'listen' | 'server' | 'location' | 'upstream' | 'backend';
	readonly state: StationState;
}

/** What the state of a station is called, wherever it is shown. */
export const STATION_STATES: Readonly<Record<StationState, string>> = {
	passed: 'passed',
	broken: 'BROKE HERE',
	unreached: 'not reached',
	unknown: 'not known',
};
