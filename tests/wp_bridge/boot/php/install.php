<?php
/**
 * Install WordPress in the folder given: install.php ROOT HOME USER PASSWORD EMAIL
 */

list( , $root, $home, $user, $password, $email ) = $argv;

define( 'WP_INSTALLING', true );
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
require $root . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

$done = wp_install( 'Keydesk test site', $user, $email, true, '', $password );
if ( is_wp_error( $done ) ) {
	fwrite( STDERR, $done->get_error_message() );
	exit( 1 );
}
$themes = array_keys( wp_get_themes() );
if ( $themes ) {
	switch_theme( end( $themes ) );
}
wp_update_user( array( 'ID' => $done['user_id'], 'display_name' => 'Anna Petrova', 'nickname' => 'Anna Petrova' ) );
update_option( 'home', $home );
update_option( 'permalink_structure', '/%postname%/' );
update_option( 'blog_public', 0 );
update_option( 'show_avatars', 0 );
// else wp-admin tries it by two requests at once, which the older database drop-in does not survive
update_site_option( 'can_compress_scripts', 0 );
