<?php
/**
 * What a web server's rewrite rules do, for PHP's built-in server: pretty addresses, and folders with an index.php.
 */

$path = rawurldecode( (string) parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ) );
$file = $_SERVER['DOCUMENT_ROOT'] . $path;

if ( $path !== '/' && is_file( rtrim( $file, '/' ) . '/index.php' ) ) {
	if ( substr( $path, -1 ) !== '/' ) {
		header( 'Location: ' . $path . '/', true, 301 );
		return true;
	}
	$script = $path . 'index.php';
} elseif ( is_file( $file ) ) {
	return false; // the server itself sends the file or runs the script
} else {
	$script = '/index.php';
}

$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $script;
$_SERVER['SCRIPT_FILENAME'] = $_SERVER['DOCUMENT_ROOT'] . $script;
chdir( dirname( $_SERVER['SCRIPT_FILENAME'] ) );
require $_SERVER['SCRIPT_FILENAME'];
return true;
