<?php
/**
 * Make a network of an installed site: network.php make ROOT DOMAIN EMAIL, then (with MULTISITE in the
 * configuration) network.php fill ROOT DOMAIN CHILD_HOME FOLDER..., which adds one child and activates plugins
 * for all sites.
 */

list( , $act, $root, $domain, $word ) = $argv;

define( 'WP_ADMIN', true );
$_SERVER['HTTP_HOST'] = $domain;
$_SERVER['REQUEST_URI'] = '/wp-admin/network/plugins.php';
$_SERVER['REQUEST_METHOD'] = 'GET';
require $root . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';
wp_set_current_user( 1 );

if ( $act === 'make' ) {
	global $wpdb;
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	foreach ( $wpdb->tables( 'ms_global' ) as $table => $prefixed ) {
		$wpdb->$table = $prefixed;
	}
	install_network();
	$done = populate_network( 1, $domain, $word, 'Keydesk test network', '/', false );
	$failed = is_wp_error( $done ) && $done->get_error_code() !== 'no_wildcard_dns' ? $done->get_error_message() : '';
} else {
	$child = wp_insert_site( array( 'domain' => $domain, 'path' => '/child/', 'title' => 'Child', 'user_id' => 1 ) );
	$failed = is_wp_error( $child ) ? $child->get_error_message() : '';
	update_blog_option( (int) $child, 'home', $word );
	foreach ( array_slice( $argv, 5 ) as $folder ) {
		$files = preg_grep( '/^' . preg_quote( $folder, '/' ) . '\//', array_keys( get_plugins() ) );
		$done = activate_plugin( (string) reset( $files ), '', true );
		$failed .= is_wp_error( $done ) ? $done->get_error_message() : '';
	}
}
if ( $failed !== '' ) {
	fwrite( STDERR, $failed . "\n" );
	exit( 1 );
}
