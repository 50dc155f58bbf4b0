<?php
/**
 * Let time pass for one plugin: its cron events and the moments in its records move into the past.
 * pass-time.php ROOT PREFIX SECONDS, where all its hooks and options begin with PREFIX.
 */

list( , $root, $prefix, $seconds ) = $argv;
$seconds = (int) $seconds;

$_SERVER['REQUEST_URI'] = '/';
require $root . '/wp-load.php';

/** Moments of the records: seconds since 1970, under these names. */
const MOMENTS = array( 'send', 'check', 'open_until', 'probed', 'next', 'created', 'at', 'asked' );

function moved( array $record, int $seconds ): array {
	foreach ( $record as $name => $value ) {
		if ( is_array( $value ) ) {
			$record[ $name ] = moved( $value, $seconds );
		} elseif ( is_int( $value ) && in_array( $name, MOMENTS, true ) ) {
			$record[ $name ] = $value - $seconds;
		}
	}
	return $record;
}

foreach ( array( 'state', 'site', 'lease', 'net', 'queue' ) as $name ) {
	$record = json_decode( (string) get_option( $prefix . $name ), true );
	if ( is_array( $record ) ) {
		$flags = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_LINE_TERMINATORS;
		update_option( $prefix . $name, json_encode( moved( $record, $seconds ), $flags ) );
	}
}

$crons = _get_cron_array();
$earlier = array();
foreach ( $crons as $time => $hooks ) {
	foreach ( $hooks as $hook => $events ) {
		$when = strpos( $hook, $prefix ) === 0 ? $time - $seconds : $time;
		$earlier[ $when ][ $hook ] = ( $earlier[ $when ][ $hook ] ?? array() ) + $events;
	}
}
ksort( $earlier ); // core stops reading at the first event of the future
update_option( 'cron', $earlier + array( 'version' => 2 ) );
