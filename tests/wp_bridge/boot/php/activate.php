<?php
/**
 * Activate plugins by folder name, in a request of their own as in wp-admin: activate.php ROOT FOLDER...
 */

list( , $root ) = $argv;

define( 'WP_ADMIN', true );
$_SERVER['REQUEST_URI'] = '/wp-admin/plugins.php';
$_SERVER['REQUEST_METHOD'] = 'GET';
require $root . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';

wp_set_current_user( 1 );
flush_rewrite_rules( true );
foreach ( array_slice( $argv, 2 ) as $folder ) {
	$files = preg_grep( '/^' . preg_quote( $folder, '/' ) . '\//', array_keys( get_plugins() ) );
	$done = $files ? activate_plugin( reset( $files ) ) : new WP_Error( 'none', 'no plugin in that folder' );
	if ( is_wp_error( $done ) ) {
		fwrite( STDERR, $folder . ': ' . $done->get_error_message() . "\n" );
		exit( 1 );
	}
}
