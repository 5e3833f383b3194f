// Written by `npm run generate`; do not edit.
import authRequestBroken from './auth-request-broken.ts';
import backendAddressRefused from './backend-address-refused.ts';
import backendKeepaliveLost from './backend-keepalive-lost.ts';
import backendTls from './backend-tls.ts';
import cachedHandshake from './cached-handshake.ts';
import certificateMissing from './certificate-missing.ts';
import connectionClientChosen from './connection-client-chosen.ts';
import connectionComparedExactly from './connection-compared-exactly.ts';
import connectionForEveryone from './connection-for-everyone.ts';
import connectionNotUpgrade from './connection-not-upgrade.ts';
import definitionDuplicate from './definition-duplicate.ts';
import directiveArguments from './directive-arguments.ts';
import directiveContext from './directive-context.ts';
import directiveDuplicate from './directive-duplicate.ts';
import directiveValue from './directive-value.ts';
import directiveVersion from './directive-version.ts';
import errorPageHidesReason from './error-page-hides-reason.ts';
import errorPageSuccess from './error-page-success.ts';
import eventsMissing from './events-missing.ts';
import handlerLost from './handler-lost.ts';
import handlerOverridden from './handler-overridden.ts';
import handshakeAnswered from './handshake-answered.ts';
import handshakeFails from './handshake-fails.ts';
import handshakeHeaderChanged from './handshake-header-changed.ts';
import handshakeHeaderRepeated from './handshake-header-repeated.ts';
import handshakeKeyMissing from './handshake-key-missing.ts';
import headerNameInvalid from './header-name-invalid.ts';
import headersLost from './headers-lost.ts';
import hostNotForwarded from './host-not-forwarded.ts';
import hostRepeated from './host-repeated.ts';
import hostUnderscore from './host-underscore.ts';
import httpVersion10 from './http-version-1-0.ts';
import httpVersion2 from './http-version-2.ts';
import idleTimeout from './idle-timeout.ts';
import ifConditionRefused from './if-condition-refused.ts';
import ifVariableEmpty from './if-variable-empty.ts';
import includeCycle from './include-cycle.ts';
import includeMissing from './include-missing.ts';
import jumpLosesHeaders from './jump-loses-headers.ts';
import laterIfDecides from './later-if-decides.ts';
import listenHttp2Only from './listen-http2-only.ts';
import listenQuicOnly from './listen-quic-only.ts';
import listenRefused from './listen-refused.ts';
import listenWithoutTls from './listen-without-tls.ts';
import locationDuplicate from './location-duplicate.ts';
import locationInternal from './location-internal.ts';
import locationModifier from './location-modifier.ts';
import locationNesting from './location-nesting.ts';
import locationShadowed from './location-shadowed.ts';
import locationUnmatchable from './location-unmatchable.ts';
import logFormatUnknown from './log-format-unknown.ts';
import mapDefinedTwice from './map-defined-twice.ts';
import mapEntryRefused from './map-entry-refused.ts';
import mapSourceLiteral from './map-source-literal.ts';
import mapWrongValue from './map-wrong-value.ts';
import methodChanged from './method-changed.ts';
import namedLocationMissing from './named-location-missing.ts';
import namedLocationUnreached from './named-location-unreached.ts';
import noTunnelModule from './no-tunnel-module.ts';
import nodelayOff from './nodelay-off.ts';
import originUnchecked from './origin-unchecked.ts';
import ownPathLost from './own-path-lost.ts';
import pathChanged from './path-changed.ts';
import proxyPassAddress from './proxy-pass-address.ts';
import proxyPassScheme from './proxy-pass-scheme.ts';
import proxyPassUriRefused from './proxy-pass-uri-refused.ts';
import proxyRedirectRefused from './proxy-redirect-refused.ts';
import proxyTargetUnusable from './proxy-target-unusable.ts';
import readTimeoutZero from './read-timeout-zero.ts';
import redirectToHttps from './redirect-to-https.ts';
import regexRefused from './regex-refused.ts';
import reloadKeepsWorkers from './reload-keeps-workers.ts';
import requestHeaderRedefined from './request-header-redefined.ts';
import responseHeaderAdded from './response-header-added.ts';
import rewriteCycle from './rewrite-cycle.ts';
import type { Rule } from './rule.ts';
import secondHopFails from './second-hop-fails.ts';
import semicolonForgotten from './semicolon-forgotten.ts';
import serverNameOdd from './server-name-odd.ts';
import serverNameRefused from './server-name-refused.ts';
import serverUnreachable from './server-unreachable.ts';
import shutdownCutsTunnels from './shutdown-cuts-tunnels.ts';
import slashRedirect from './slash-redirect.ts';
import socketIoAffinity from './socket-io-affinity.ts';
import sslVerifyRefused from './ssl-verify-refused.ts';
import statusRelabelled from './status-relabelled.ts';
import streamTargetRefused from './stream-target-refused.ts';
import subprotocolRemoved from './subprotocol-removed.ts';
import subrequestUpgrades from './subrequest-upgrades.ts';
import syntaxError from './syntax-error.ts';
import tableEntryRefused from './table-entry-refused.ts';
import tunnelBufferLarge from './tunnel-buffer-large.ts';
import tunnelBypassesAccess from './tunnel-bypasses-access.ts';
import tunnelLimit from './tunnel-limit.ts';
import unknownDirective from './unknown-directive.ts';
import unknownVariable from './unknown-variable.ts';
import upgradeAnyProtocol from './upgrade-any-protocol.ts';
import upgradeComparedExactly from './upgrade-compared-exactly.ts';
import upgradeForEveryone from './upgrade-for-everyone.ts';
import upgradeHidden from './upgrade-hidden.ts';
import upgradeNotForwarded from './upgrade-not-forwarded.ts';
import upgradeValueWrong from './upgrade-value-wrong.ts';
import upstreamRefused from './upstream-refused.ts';
import uriWithoutSlash from './uri-without-slash.ts';
import variableRedefined from './variable-redefined.ts';
import variableSyntax from './variable-syntax.ts';
import workerConnections from './worker-connections.ts';
import zoneRefused from './zone-refused.ts';

/** Every rule, by id. */
export const RULES: readonly Rule[] = [
	authRequestBroken,
	backendAddressRefused,
	backendKeepaliveLost,
	backendTls,
	cachedHandshake,
	certificateMissing,
	connectionClientChosen,
	connectionComparedExactly,
	connectionForEveryone,
	connectionNotUpgrade,
	definitionDuplicate,
	directiveArguments,
	directiveContext,
	directiveDuplicate,
	directiveValue,
	directiveVersion,
	errorPageHidesReason,
	errorPageSuccess,
	eventsMissing,
	handlerLost,
	handlerOverridden,
	handshakeAnswered,
	handshakeFails,
	handshakeHeaderChanged,
	handshakeHeaderRepeated,
	handshakeKeyMissing,
	headerNameInvalid,
	headersLost,
	hostNotForwarded,
	hostRepeated,
	hostUnderscore,
	httpVersion10,
	httpVersion2,
	idleTimeout,
	ifConditionRefused,
	ifVariableEmpty,
	includeCycle,
	includeMissing,
	jumpLosesHeaders,
	laterIfDecides,
	listenHttp2Only,
	listenQuicOnly,
	listenRefused,
	listenWithoutTls,
	locationDuplicate,
	locationInternal,
	locationModifier,
	locationNesting,
	locationShadowed,
	locationUnmatchable,
	logFormatUnknown,
	mapDefinedTwice,
	mapEntryRefused,
	mapSourceLiteral,
	mapWrongValue,
	methodChanged,
	namedLocationMissing,
	namedLocationUnreached,
	noTunnelModule,
	nodelayOff,
	originUnchecked,
	ownPathLost,
	pathChanged,
	proxyPassAddress,
	proxyPassScheme,
	proxyPassUriRefused,
	proxyRedirectRefused,
	proxyTargetUnusable,
	readTimeoutZero,
	redirectToHttps,
	regexRefused,
	reloadKeepsWorkers,
	requestHeaderRedefined,
	responseHeaderAdded,
	rewriteCycle,
	secondHopFails,
	semicolonForgotten,
	serverNameOdd,
	serverNameRefused,
	serverUnreachable,
	shutdownCutsTunnels,
	slashRedirect,
	socketIoAffinity,
	sslVerifyRefused,
	statusRelabelled,
	streamTargetRefused,
	subprotocolRemoved,
	subrequestUpgrades,
	syntaxError,
	tableEntryRefused,
	tunnelBufferLarge,
	tunnelBypassesAccess,
	tunnelLimit,
	unknownDirective,
	unknownVariable,
	upgradeAnyProtocol,
	upgradeComparedExactly,
	upgradeForEveryone,
	upgradeHidden,
	upgradeNotForwarded,
	upgradeValueWrong,
	upstreamRefused,
	uriWithoutSlash,
	variableRedefined,
	variableSyntax,
	workerConnections,
	zoneRefused,
];
