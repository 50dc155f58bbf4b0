<?php
/**
 * Plugin Name: Keydesk test site
 *
 * What a throw-away site differs in from an ordinary one: it asks nobody outside this machine, writes down what it
 * asks and mails, and its `home` may name a shop that exists only as a name.
 */

// Core before 6.4 takes every database that is not MySQL for the one of PHP 5, and its Site Health ends there.
if ( ! function_exists( 'mysql_get_client_info' ) ) {
	function mysql_get_client_info(): string {
		return '8.0.0';
	}
}

/** One JSON line into a file that the tests read. */
function keydesk_test_site_note( string $file, array $line ): void {
	file_put_contents( $file, json_encode( $line, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE ) . "\n", FILE_APPEND | LOCK_EX );
}

add_filter( 'pre_http_request', function ( $answer, $args, $url ) {
	keydesk_test_site_note( KEYDESK_TEST_REQUESTS, array(
		'method' => $args['method'] ?? 'GET',
		'url'    => $url,
		'agent'  => $args['user-agent'] ?? '',
		'page'   => $_SERVER['REQUEST_URI'] ?? '',
	) );
	if ( ! preg_match( '/(^|\.)wordpress\.org$/', (string) parse_url( $url, PHP_URL_HOST ) ) ) {
		return $answer;
	}
	// An unreachable update API makes core warn and drop the update list: answer as an API that knows of nothing.
	// What it offers about browsers and PHP is missing altogether, which core takes for "nothing to say".
	$is_known = strpos( $url, '-happy/' ) === false;
	$none = array_fill_keys( array( 'plugins', 'themes', 'no_update', 'translations', 'offers', 'events' ), array() );
	return array(
		'headers'  => array(),
		'body'     => json_encode( $none ),
		'response' => array( 'code' => $is_known ? 200 : 404, 'message' => $is_known ? 'OK' : 'Not Found' ),
		'cookies'  => array(),
		'filename' => null,
	);
}, 10, 3 );

// wp_safe_remote_get, which fetches packages, refuses loopback and uncommon ports.
add_filter( 'http_request_host_is_external', function ( $external, $host ) {
	return $external || in_array( $host, array( '127.0.0.1', 'localhost' ), true );
}, 10, 2 );
add_filter( 'http_allowed_safe_ports', function ( $ports, $host, $url ) {
	$port = parse_url( $url, PHP_URL_PORT );
	return $port ? array_merge( $ports, array( $port ) ) : $ports;
}, 10, 3 );

add_filter( 'pre_wp_mail', function ( $sent, $mail ) {
	keydesk_test_site_note( KEYDESK_TEST_MAILS, $mail );
	return true;
}, 10, 2 );

add_action( 'init', function () {
	remove_action( 'admin_init', '_maybe_update_core' );
} );
add_action( 'wp_dashboard_setup', function () {
	remove_meta_box( 'dashboard_primary', 'dashboard', 'side' ); // news feeds
} );

// The stored option names the shop (what a license counts), while each link, REST address and redirect stays on
// the address that the browser can reach. Mapping plugins do the same by the same filter.
add_filter( 'home_url', function ( $url ) {
	$home = untrailingslashit( get_option( 'home' ) );
	return strpos( $url, $home ) === 0 ? untrailingslashit( WP_SITEURL ) . substr( $url, strlen( $home ) ) : $url;
} );
